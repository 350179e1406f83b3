#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check records, matrices, minimize.json and what `blkhang check --json` says against their schemas: validate.py FILE.json..."""

import json
import pathlib
import re
import sys

import jsonschema


def validator_for(document):
    """By the document's own word: "blkhang-matrix/1" is checked against matrix.schema.json."""
    named = re.fullmatch(r"blkhang-(record|matrix|check|minimize)/\d+", str(document.get("schema")))
    if named is None:
        return None
    schema_path = pathlib.Path(__file__).with_name(f"{named[1]}.schema.json")
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def main(paths):
    wrong = 0
    for path in paths:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        validator = validator_for(document)
        if validator is None:
            print(f"{path}: schema: neither a record nor a matrix of blkhang, nor what it says of a host or of a least load")
            wrong = 1
            continue
        for error in validator.iter_errors(document):
            where = "/".join(str(step) for step in error.absolute_path) or "the document"
            print(f"{path}: {where}: {error.message}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
