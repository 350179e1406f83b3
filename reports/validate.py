#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check records against record.schema.json: validate.py RECORD.json..."""

import json
import pathlib
import sys

import jsonschema


def main(paths):
    schema_path = pathlib.Path(__file__).with_name("record.schema.json")
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    for path in paths:
        record = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        for error in validator.iter_errors(record):
            where = "/".join(str(step) for step in error.absolute_path) or "the record"
            print(f"{path}: {where}: {error.message}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
