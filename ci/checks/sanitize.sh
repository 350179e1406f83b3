#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests under AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cmake -S . -B build-asan -G Ninja -DBLKHANG_SANITIZE=ON -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O0 -g1" \
    -DCMAKE_UNITY_BUILD=ON --log-level=WARNING
ninja -C build-asan
ctest --test-dir build-asan --parallel "$(nproc)" --output-on-failure --no-tests=error
