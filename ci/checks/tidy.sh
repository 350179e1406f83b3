#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every source file compiles with clang too, without a warning, and passes the checks of .clang-tidy; tests only have to
# compile. Needs a built build/: compile commands and generated headers come from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tidy() {
    local log status=0
    log=$(run-clang-tidy -quiet -p build -j "$(nproc)" "$@" 2>&1) || status=$?
    grep --invert-match --extended-regexp '^[0-9]+ warnings? generated|^clang-tidy' <<<"$log" || true
    return "$status"
}
tidy "^$PWD/tool/.*(?<!_test)\.cpp\$"
# One named check beside the compiler's warnings: clang-tidy refuses to start without any.
tidy -checks='-*,clang-diagnostic-*,google-explicit-constructor' "^$PWD/tool/.*_test\.cpp\$"
