"""What the parts of this script share."""
import os, subprocess

ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC",
       "HOME": "/nonexistent"}


def run(*command, stdin=None, codes=(0,), **more):
    """Runs a program to its end, which has to be one of these; what it printed."""
    env = {**ENV, **more.pop("env", {})}
    done = subprocess.run([str(word) for word in command], env=env, input=stdin.encode() if stdin is not None else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **more)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def below(root, path):
    """A path as the tree below a root has it."""
    root, path = os.path.realpath(root), os.path.realpath(path)
    assert path == root or path.startswith(root + "/"), path
    return path[len(root):] or "/"
