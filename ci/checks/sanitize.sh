#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests under AddressSanitizer and UndefinedBehaviorSanitizer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

ci/build-sanitized
ctest --test-dir build-sanitized --parallel "$(nproc)" --output-on-failure --no-tests=error
