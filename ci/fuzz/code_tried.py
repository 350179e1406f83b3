# SPDX-License-Identifier: GPL-2.0-only
"""What code a harness tries, so that a measurement holds until that code changes."""
import hashlib, pathlib, re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
EMBED = re.compile(r"^embed\(embedded_(\w+) .*FILES (.*)\)", re.MULTILINE)


def parts(header):
    """Files sit in threes: what a header says is in the file beside it, or in one of its folder without a header."""
    beside = header.with_suffix(".cpp")
    return ([beside] if beside.exists() else []) + [
        file for file in header.parent.glob("*.cpp")
        if not file.name.endswith("_test.cpp") and not file.with_suffix(".h").exists()]


def included(file, embedded):
    for name in INCLUDE.findall(file.read_text()):
        if name.startswith("embedded/"):
            for pattern in embedded[pathlib.Path(name).stem].split():
                yield from ROOT.glob(pattern)
        else:
            folders = ROOT / "tool", ROOT / "bpf", ROOT / "ci/fuzz", file.parent
            yield next(folder / name for folder in folders if (folder / name).exists())


def files(harness):
    """All of the repository that the harness includes, and what that includes in turn; not what only makes seeds."""
    embedded = dict(EMBED.findall((ROOT / "CMakeLists.txt").read_text()))
    todo, found = [ROOT / f"ci/fuzz/harnesses/{harness}.cpp"], set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        if file.suffix == ".h" and ROOT / "tool" in file.parents:
            todo += parts(file)
        if file.suffix in (".h", ".cpp", ".def"):
            todo += included(file, embedded)
    return sorted(found)


def digest(harness):
    """Equal as long as the code is: not by the commit, which may be rewritten or have changed something else."""
    state = hashlib.sha256()
    for file in files(harness):
        state.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]
