#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# linear.sh LINEAR: what handles strangers' data takes no more than twice the time for twice the data, by the number of
# instructions. First of all it has to find one that is quadratic on purpose.
set -euo pipefail
linear=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

count() {
    mkdir "$1"
    valgrind --quiet --tool=callgrind --callgrind-out-file="$1/out" "$linear" "${@:2}" >/dev/null
}

count square --quadratic
count all
python3 - square all <<'PYTHON'
import pathlib, re, sys

MOST = 3.0    # n log n has some 2.2, now and then an allocator that tidies up 2.5, a square nearly 4
LEAST = 2e5   # instructions: below that, what is done once is most of it


def ratios(directory):
    found = {}
    for path in pathlib.Path(directory).glob("out.*"):
        text = path.read_text(errors="replace")
        case = re.search(r"^desc: Trigger: Client Request: (.*) (\d+)$", text, re.M)
        if case:
            found.setdefault(case[1], []).append((int(case[2]), int(re.search(r"^totals: (\d+)", text, re.M)[1])))
    return {name: (sizes[-1][1] / sizes[0][1], sizes[-1][1]) for name, sizes in
            ((name, sorted(sizes)) for name, sizes in found.items())}


def too_steep(directory):
    return {name: each for name, each in ratios(directory).items() if each[0] > MOST and each[1] > LEAST}


if not too_steep(sys.argv[1]):
    sys.exit("linear: the one that is quadratic on purpose was not found")
every, bad = ratios(sys.argv[2]), too_steep(sys.argv[2])
worst = max(every, key=lambda name: every[name][0] if every[name][1] > LEAST else 0)
print(f"{len(every)} cases; the steepest, {worst}: {every[worst][0]:.2f} times the instructions for twice the data")
for name, (ratio, count) in sorted(bad.items()):
    print(f"not linear: {name}: {ratio:.2f} times, {count} instructions")
sys.exit(1 if bad or len(every) < 100 else 0)
PYTHON
