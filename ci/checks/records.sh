#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# records.sh BLKHANG SAMPLE_RECORDS: the records of the samples and of the tests agree with reports/record.schema.json,
# by python3-jsonschema; what is damaged is refused by the schema and by blkhang alike.
set -euo pipefail
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")
blkhang=$(readlink --canonicalize-existing "$1")
sample_records=$(readlink --canonicalize-existing "$2")
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT

"$sample_records" "$work"
"$here/records.py" "$blkhang" "$work" "$here/../../reports/samples"
