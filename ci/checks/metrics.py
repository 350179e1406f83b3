#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""metrics.py FILE...: is each OpenMetrics text, by the reference parser, with every series once?"""

import pathlib
import sys

from prometheus_client.openmetrics import parser


def check(path):
    text = path.read_text(encoding="utf-8")
    seen = set()
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            if series in seen:
                sys.exit(f"{path}: twice: {series}")
            seen.add(series)
            if sample.name != family.name:
                sys.exit(f"{path}: {sample.name} in the family {family.name}")
        if not family.documentation:
            sys.exit(f"{path}: {family.name} has no help")
    if len(seen) != sum(not line.startswith("#") for line in text.splitlines()):
        sys.exit(f"{path}: lines that are no samples")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        check(pathlib.Path(name))
