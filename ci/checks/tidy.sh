#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every source file compiles with clang too, without a warning, and passes the checks of .clang-tidy; tests only have to
# compile. Each is looked at by itself, which also shows that it includes what it uses; build/ knows them by the handful.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cmake -S . -B build-tidy -G Ninja -DCMAKE_UNITY_BUILD=OFF --log-level=WARNING >/dev/null
ninja -C build-tidy generated >/dev/null

tidy() {
    local log status=0
    log=$(run-clang-tidy -quiet -p build-tidy -j "$(nproc)" "$@" 2>&1) || status=$?
    grep --invert-match --extended-regexp '^[0-9]+ warnings? generated|^clang-tidy' <<<"$log" || true
    return "$status"
}
tidy "^$PWD/tool/.*(?<!_test)\.cpp\$"
# One named check beside the compiler's warnings: clang-tidy refuses to start without any.
tidy -checks='-*,clang-diagnostic-*,google-explicit-constructor' "^$PWD/tool/.*_test\.cpp\$"
