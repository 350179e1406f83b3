#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""exports.py DIR: are the exports of ci/checks/sample_records.cpp well-formed, and do they say what they should?"""

import datetime
import email
import email.policy
import json
import pathlib
import sys
import xml.etree.ElementTree

import jsonschema
import junitparser

SCHEMA = pathlib.Path(__file__).parents[2] / "reports/kcidb-5.schema.json"

# What each run must be: in KTAP, in JUnit, in KCIDB.
PASS = ("ok", "passed", "PASS")
FAIL = ("not ok", "failure", "FAIL")
EXPECTED = ("ok XFAIL", "skipped", "FAIL")
SKIP = ("ok SKIP", "skipped", "SKIP")
ERROR = ("not ok ERROR", "error", "ERROR")
MISS = ("not ok ERROR", "error", "MISS")

RECORDS = {
    "hang": ("deb:6.1", "kvm-2011", FAIL),
    "planted": ("deb:6.1", "kvm-2011 with sync-alloc planted", EXPECTED),
    "clean": ("deb:6.1", "kvm-2011", PASS),
    "inconclusive": ("deb:6.1", "kvm-2011", SKIP),
    "error": ("deb:6.1", "kvm-2011", MISS),
}
STRANGE = "file:/a #1 'b' <c>&"
MATRIX = [
    ("deb:6.1", "kvm-2011, run 1", PASS),
    ("deb:6.1", "kvm-2011, run 2", FAIL),
    ("deb:6.1", "kvm-2011 with sync-alloc planted, calibration", PASS),
    ("deb:6.1", "kvm-2011 with sync-alloc planted, run 4", EXPECTED),
    ("deb:6.1", "kvm-2011, run 5", SKIP),
    ("deb:6.12", "kvm-2011 with worker-alloc planted, run 6", PASS),
    ("deb:6.12", "kvm-2011, run 7", FAIL),
    ("deb:7.3", "kvm-2011, run 8", SKIP),
    ("deb:7.3", "kvm-2011 with sync-alloc planted, calibration", ERROR),
    ("deb:5.10", "kvm-2011, run 10", SKIP),
    (STRANGE, "kvm-2011, run 11", MISS),
]
KERNELS = {"deb:6.1": "not ok", "deb:6.12": "not ok", "deb:7.3": "not ok ERROR", "deb:5.10": "ok SKIP",
           STRANGE: "not ok ERROR"}


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, not {wanted!r}")


def read_ktap(path):
    """[(subtest, name, "not ok XFAIL")], as TAP::Parser saw them."""
    results = []
    for line in path.read_text(encoding="utf-8").splitlines():
        subtest, result, directive, description, _ = line.split("\t")
        name, _, other = description.removeprefix("- ").partition(" # ")
        words = [result, directive, other.partition(" ")[0]]
        results.append((subtest, name, " ".join(word for word in words if word)))
    return results


def read_junit(path):
    """[(suite, name, "passed")], by junitparser; the counts must be those of the elements."""
    document = junitparser.JUnitXml.fromfile(str(path))
    results = []
    for suite in document:
        cases = list(suite)
        kinds = [case.result[0]._tag if case.result else "passed" for case in cases]
        for count, kind in ((suite.failures, "failure"), (suite.errors, "error"), (suite.skipped, "skipped")):
            expect(f"{path}: {suite.name}: {kind}", count, kinds.count(kind))
        expect(f"{path}: {suite.name}: tests", suite.tests, len(cases))
        results += [(suite.name, case.name, kind) for case, kind in zip(cases, kinds)]
    expect(f"{path}: tests", int(document._elem.get("tests")), len(results))
    return results


def check_junit_evidence(path):
    """What expat makes of the whole of it: proof, log and all."""
    root = xml.etree.ElementTree.parse(path).getroot()
    failure = root.find("./testsuite/testcase/failure")
    if "took pcpu_alloc_mutex here" not in failure.text:
        sys.exit(f"{path}: the failure has no proof")
    log = root.find("./testsuite/testcase/system-out").text
    if not log.endswith("the last line\n") or "]]> <&\"'>" not in log:
        sys.exit(f"{path}: not the end of the log")


def read_kcidb(path, schema, origin):
    report = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: sys.exit(f"{path}: {word}"))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(report):
        sys.exit(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    if has_null(report):
        sys.exit(f"{path}: null")
    known = {}
    for kind in ("checkouts", "builds", "tests"):
        known[kind] = [entry["id"] for entry in report[kind]]
        expect(f"{path}: ids of {kind}", len(set(known[kind])), len(known[kind]))
        expect(f"{path}: origins of {kind}", {entry["origin"] for entry in report[kind]}, {origin})
        expect(f"{path}: ids of {kind}", {identity.partition(":")[0] for identity in known[kind]}, {origin})
    expect(f"{path}: checkouts built", {build["checkout_id"] for build in report["builds"]}, set(known["checkouts"]))
    expect(f"{path}: builds tested", {test["build_id"] for test in report["tests"]}, set(known["builds"]))
    for test in report["tests"]:
        if "start_time" in test and datetime.datetime.fromisoformat(test["start_time"]).tzinfo is None:
            sys.exit(f"{path}: a time without a zone")
    return report


def has_null(value):
    if isinstance(value, dict):
        return any(has_null(each) for each in value.values())
    if isinstance(value, list):
        return any(has_null(each) for each in value)
    return value is None


def check_mails(directory):
    """Python's email finds nothing wrong with any, the headers that they have to have, and the text."""
    mails = sorted(directory.glob("*.mail"))
    expect("mails", bool(mails), True)
    for path in mails:
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.strict)
        expect(f"{path}: headers", sorted(set(mail) - {"Cc"}), ["Subject", "To"])
        if "fail:runs" not in mail.get_content():
            sys.exit(f"{path}: not the text of a mail")


def check_record(directory, name, schema):
    kernel, test, (ktap, junit, kcidb) = RECORDS[name]
    expect(f"{name}.ktap", read_ktap(directory / f"{name}.tap"), [("", f"{kernel} {test}", ktap)])
    expect(f"{name}.junit", read_junit(directory / f"{name}.junit"), [(kernel, test, junit)])
    report = read_kcidb(directory / f"{name}.kcidb", schema, "blkhang")
    expect(f"{name}.kcidb", [each["status"] for each in report["tests"]], [kcidb])
    read_kcidb(directory / f"{name}.my_lab", schema, "my_lab")


def check_matrix(directory, name, schema, cut_short):
    ktap = [(kernel.replace("#", "_"), test, wanted[0]) for kernel, test, wanted in MATRIX]
    ktap += [("", kernel.replace("#", "_"), verdict) for kernel, verdict in KERNELS.items()]
    junit = [(kernel, test, wanted[1]) for kernel, test, wanted in MATRIX]
    if cut_short:
        ktap.append(("", "matrix is complete", "not ok ERROR"))
        junit.append(("matrix", "is complete", "error"))
    expect(f"{name}.ktap", read_ktap(directory / f"{name}.tap"), ktap)
    expect(f"{name}.junit", read_junit(directory / f"{name}.junit"), junit)
    report = read_kcidb(directory / f"{name}.kcidb", schema, "blkhang")
    expect(f"{name}.kcidb", [each["status"] for each in report["tests"]], [wanted[2] for _, _, wanted in MATRIX])


def main(directory):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in RECORDS:
        check_record(directory, name, schema)
    check_matrix(directory, "matrix", schema, cut_short=False)
    check_matrix(directory, "cut-short", schema, cut_short=True)
    check_junit_evidence(directory / "hang.junit")
    for path in sorted(directory.glob("real-*.kcidb")):
        read_kcidb(path, schema, "blkhang")
    check_mails(directory)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
