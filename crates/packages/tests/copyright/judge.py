"""Writes truth.json: what python-debian (1.1.1) finds in these files. python3 -m pip install python-debian==1.1.1

Of files that it does not take for machine-readable ones, and of those without any licence, the pointers at common
licences are found by a pattern."""

import io
import json
import logging
import re
from pathlib import Path

from debian.copyright import Copyright, NotMachineReadableError

COMMON = re.compile(r"/usr/share/common-licenses/[A-Za-z0-9][A-Za-z0-9.+-]*")


def synopses(paragraphs):
    return [" ".join(it.license.synopsis.split()) for it in paragraphs if it.license and it.license.synopsis]


def licenses(text):
    try:
        whole = Copyright(io.StringIO(text), strict=False)
        declared = synopses([whole.header]) + synopses(whole.all_files_paragraphs())
        declared = declared or synopses(whole.all_license_paragraphs())
    except NotMachineReadableError:
        declared = []
    return list(dict.fromkeys(declared or [name.rstrip(".-") for name in COMMON.findall(text)]))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    folder = Path(__file__).parent
    files = sorted(folder.glob("*.txt"))
    truth = {it.stem: licenses(it.read_bytes().decode(errors="replace").replace("\r\n", "\n")) for it in files}
    (folder / "truth.json").write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n")
