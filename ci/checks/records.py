#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""records.py BLKHANG DIR...: are all records below the directories as reports/record.schema.json says, does it leave
nothing undescribed, and are damaged ones refused by it and by blkhang alike?"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

SCHEMA = pathlib.Path(__file__).parents[2] / "reports/record.schema.json"
FORMATS = ("text", "ktap", "junit", "kcidb")

# What may stand in place of a value, by the value's type. Which of these the schema allows is for it to say.
OTHERS = {
    bool: [1, "true"],
    int: [-1, 1.5, 2**40, True, "1", [1]],
    float: ["1.5", True, [1.5]],
    str: [5, True, [], {}],
    list: [{}, [], "x", [None], [5]],
    dict: [[], "x", {"": None}],
}


def open_objects(schema, where="record"):
    """Objects of the schema that do not say what else they may hold."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            yield where
        for name, part in schema.items():
            yield from open_objects(part, f"{where}/{name}")
    elif isinstance(schema, list):
        for part in schema:
            yield from open_objects(part, where)


def places(value, path=()):
    """Paths to all values; of a list, into its first element only, since the others are alike."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def at(record, path):
    for step in path:
        record = record[step]
    return record


def changed(record, path, change):
    result = copy.deepcopy(record)
    change(at(result, path[:-1]), path[-1])
    return result


def damaged(record):
    """(what was done, the record after it), for every value of the record."""
    for path in places(record):
        if not path:
            continue
        where = "/".join(map(str, path))
        yield f"{where}: left out", changed(record, path, lambda owner, step: owner.pop(step))
        value = at(record, path)
        others = OTHERS[type(value)] + (["no known name", "hazard", ""] if isinstance(value, str) else [])
        for other in others:
            def put(owner, step, other=other):
                owner[step] = other
            yield f"{where}: {other!r} instead", changed(record, path, put)


class Blkhang:
    def __init__(self, program, directory):
        self.program = program
        self.directory = pathlib.Path(directory)

    def accepts(self, what, record):
        """Is it a record to blkhang? If so, all reports can be made of it; if not, one line says why."""
        (self.directory / "record.json").write_text(json.dumps(record), encoding="utf-8")
        if not self.run(what, "json"):
            return False
        return all(self.run(what, format) for format in FORMATS)

    def run(self, what, format):
        done = subprocess.run([self.program, "report", self.directory, "--format", format],
                              capture_output=True, check=False)
        errors = done.stderr.decode().splitlines()
        if done.returncode == 0 and not errors:
            return True
        if done.returncode == 2 and len(errors) == 1 and errors[0].startswith("blkhang: ") and not done.stdout:
            return False
        sys.exit(f"{what}: blkhang report --format {format}: exit status {done.returncode}\n" + "\n".join(errors))


def check_damage(blkhang, validator, path):
    """As many ways to damage the record as there are values in it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    refused = 0
    for what, each in damaged(record):
        valid = validator.is_valid(each)
        refused += not valid
        if blkhang.accepts(what, each) != valid:
            sys.exit(f"{path}: {what}: {'accepted' if valid else 'refused'} by the schema, not by blkhang")
    for where in places(record):
        value = at(record, where)
        is_map = where and where[-1] in ("config", "fingerprints", "load")
        if isinstance(value, dict) and not is_map:
            each = copy.deepcopy(record)
            at(each, where)["unheard_of"] = 1
            if validator.is_valid(each):
                sys.exit(f"{path}: {where}: the schema accepts a member that it does not know")
    return refused


def main(program, directories):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for where in open_objects(schema):
        sys.exit(f"{SCHEMA}: {where}: leaves open what else it may hold")
    validator = jsonschema.Draft202012Validator(schema)

    records = sorted(path for directory in directories for path in pathlib.Path(directory).rglob("record.json"))
    shapes = {}
    for path in records:
        record = json.loads(path.read_text(encoding="utf-8"))
        for error in validator.iter_errors(record):
            sys.exit(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
        shapes.setdefault(record["verdict"]["value"], path)

    with tempfile.TemporaryDirectory() as work:
        blkhang = Blkhang(program, work)
        refused = sum(check_damage(blkhang, validator, path) for path in shapes.values())
    print(f"{len(records)} records agree with the schema; {refused} damaged ones are refused by it and by blkhang")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
