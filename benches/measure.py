"""Measures commands and prints one table a task: measure.py COMMANDS RUNS [LOOP]

COMMANDS holds one command a line: task, name, expression that matches an entry in its output (or -), and the words
of the command, with tabs between. Each task's first command is the one the others are compared with. LOOP is the loop
device the kernel's commands mount: what they read is counted there, for the kernel reads no file.
"""

import os
import re
import statistics
import subprocess
import sys
import time


def run(words, output):
    """CPU seconds, wall seconds, bytes asked for, peak MiB and exit code of one command, its children included."""
    before = time.monotonic()
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
    # Waiting without reaping leaves its account readable.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    wall = time.monotonic() - before
    with open(f"/proc/{child.pid}/io") as account:
        asked = int(re.search(r"rchar: (\d+)", account.read()).group(1))
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, wall, asked, used.ru_maxrss / 1024, child.returncode


def loop_bytes(loop):
    """Bytes the kernel has read from a loop device so far."""
    with open(f"/sys/block/{os.path.basename(loop)}/stat") as stat:
        return int(stat.read().split()[2]) * 512


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if theirs else "-"


def main():
    commands, runs, loop = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
    tasks = {}
    with open(commands) as lines:
        for line in lines:
            task, name, entry, *words = line.rstrip("\n").split("\t")
            tasks.setdefault(task, []).append((name, entry, words))
    for task, peers in tasks.items():
        entries, asked, measured = {}, {}, {name: [] for name, _, _ in peers}
        # Once to fill the page cache and to count what is listed, then in turns, so that noise falls on all alike.
        for name, entry, words in peers:
            before = loop_bytes(loop) if name == "kernel" else 0
            with open(commands + ".out", "w+b") as out:
                _, _, read, _, code = run(words, out)
                out.seek(0)
                # Line by line: what this program holds itself would count as the peak memory of its children.
                pattern = re.compile(entry.encode())
                entries[name] = "-" if entry == "-" else sum(1 for line in out if pattern.search(line))
            asked[name] = loop_bytes(loop) - before if name == "kernel" else read
            if code not in (0, 3):
                print(f"note: {name} ended with {code} on task {task}")
        for _ in range(runs):
            for name, _, words in peers:
                measured[name].append(run(words, subprocess.DEVNULL))
        middle = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in measured.items()}
        ours = peers[0][0]
        print(f"\n{task:<12}{'CPU s':>9}{'wall s':>9}{'MiB asked':>11}{'peak MiB':>10}{'entries':>9}"
              f"{'CPU ratio':>11}{'byte ratio':>12}")
        for name, _, _ in peers:
            cpu, wall, _, peak, _ = middle[name]
            print(f"{name:<12}{cpu:>9.3f}{wall:>9.3f}{asked[name] / 2**20:>11.1f}{peak:>10.1f}{entries[name]:>9}"
                  f"{ratio(middle[ours][0], cpu):>11}{ratio(asked[ours], asked[name]):>12}")
    print("\nratios: careen divided by the tool in that row; below 1 careen needs less")


main()
