#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""readme.py BLKHANG [--write]: the documents say what the program says, and what they name is there.

What stands between `<!-- ... -->` and `<!-- end -->` is made from the program, the profiles, CMakeLists.txt or a sample;
--write puts it there, all but a sample, which is quoted in part. Links lead somewhere, files that are named exist, every
layer is described, the commands of a new user can be run, and the first page stays short enough to be read."""
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIRST_PAGE_LINES = 150
COMMANDS_OF_A_NEW_USER = ["./ci/quickstart", "./ci/test"]
GENERATED = re.compile(r"<!-- (as .*?|in part .*?) -->\n(.*?)<!-- end -->\n", re.DOTALL)
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# What looks like a file of ours: a known folder, or a name with an ending that sources have.
NAMED = re.compile(r"`(?:\./)?((?:bpf|ci|cmake|profiles|reports|tool)/[\w./*{},-]*)`")


def measurements(blkhang):
    said = subprocess.run([blkhang, "profiles"], check=True, capture_output=True, text=True).stdout
    return "```\n" + said.split("runs by verdict:\n\n")[1] + "```\n"


def profiles():
    return [tomllib.loads(path.read_text()) for path in sorted(ROOT.glob("profiles/*.toml"))]


def family():
    rows = ["| profile | provokes | kernels, as far as sources and tries tell |", "|---|---|---|"]
    rows += [f"| `{one['name']}` | {one['summary']} | {one.get('applies', '')} |" for one in profiles()]
    return "\n".join(rows) + "\n"


def chains():
    """In blocks: names of functions are full of underscores."""
    return "\n".join(f"### `{one['name']}`\n\n```\n{one['description'].strip()}\n```\n" for one in profiles())


def layers():
    """(layer, those it may use) of CMakeLists.txt, lowest first."""
    lines = re.findall(r"^layer\((\w+) USES ([^)]*)\)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
    names = {name for name, _ in lines}
    return [(name, [use for use in uses.split() if use in names]) for name, uses in lines]


def arrows():
    width = max(len(name) for name, _ in layers())
    return "```\n" + "".join(f"{name:{width}} -> {' '.join(uses)}".rstrip(" ->") + "\n" for name, uses in layers()) + "```\n"


def is_part_of(shown, whole):
    """Each piece between lines of three dots is found in the sample, one after the other."""
    place = 0
    for piece in re.split(r"^\.\.\.$\n?", shown.removeprefix("```\n").removesuffix("```\n"), flags=re.MULTILINE):
        found = whole.find(piece.strip("\n"), place)
        if found < 0:
            return False
        place = found + len(piece.strip("\n"))
    return True


def anchors(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def names_nothing(name):
    """`tool/x.{cpp,h}` and `ci/guest/*.sh` stand for several files."""
    patterns = [name]
    if braces := re.match(r"(.*)\{(.*)\}(.*)$", name):
        patterns = [braces[1] + one + braces[3] for one in braces[2].split(",")]
    return any(not list(ROOT.glob(pattern.rstrip("/"))) for pattern in patterns)


def complaints(page, made):
    text = page.read_text()
    for what, shown in GENERATED.findall(text):
        if what.startswith("in part "):
            if not is_part_of(shown, (ROOT / what.removeprefix("in part ")).read_text()):
                yield f"what is shown is not part of {what.removeprefix('in part ')}"
        elif shown != made[what]:
            yield f"is out of date, {what}: ci/checks/readme.py build/blkhang --write"
    prose = CODE.sub("", text)
    for link in LINK.findall(prose):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"link to {link}, which is not there"
        elif anchor and anchor not in anchors(target / "README.md" if target.is_dir() else target):
            yield f"link to {link}, which has no such heading"
    for name in NAMED.findall(prose):
        if names_nothing(name):
            yield f"names {name}, which is not there"


def guide_complaints(text):
    described = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    for name, _ in layers():
        if name not in described:
            yield f"does not say what layer {name} does"


def bench_complaints(text):
    for part in sorted((ROOT / "ci/bench.d").iterdir()):
        if f"`{part.name}`" not in text:
            yield f"does not say what benchmark {part.name} asks"


def first_page_complaints(text):
    if len(text.splitlines()) > FIRST_PAGE_LINES:
        yield f"has {len(text.splitlines())} lines, and may have {FIRST_PAGE_LINES}"
    commands = re.findall(r"^(\./\S+)", CODE.search(text)[0], re.MULTILINE)
    if commands != COMMANDS_OF_A_NEW_USER:
        yield f"begins with other commands than {', '.join(COMMANDS_OF_A_NEW_USER)}"
    for command in commands:
        if not os.access(ROOT / command, os.X_OK):
            yield f"{command} cannot be run"


def main(blkhang, write):
    made = {"as `blkhang profiles` says": measurements(blkhang), "as the profiles say": family(),
            "as the profiles tell their chains": chains(), "as CMakeLists.txt says": arrows()}
    failed = False
    for page in [ROOT / "README.md", *sorted(ROOT.glob("*/README.md"))]:
        text = page.read_text()
        if write:
            page.write_text(GENERATED.sub(
                lambda found: f"<!-- {found[1]} -->\n{made.get(found[1], found[2])}<!-- end -->\n", text))
        found = list(complaints(page, made))
        if page.parent == ROOT:
            found += first_page_complaints(text)
        if page.parent == ROOT / "tool":
            found += guide_complaints(text)
        if page.parent == ROOT / "ci":
            found += bench_complaints(text)
        for complaint in found:
            failed = True
            print(f"{page.relative_to(ROOT)}: {complaint}")
    sys.exit(failed)


main(sys.argv[1], sys.argv[2:] == ["--write"])
