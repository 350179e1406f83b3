#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every C++ file is laid out as .clang-format says. The C that runs inside the kernel keeps the kernel's own style.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

find tool ci/fuzz \( -name '*.cpp' -o -name '*.h' \) -print0 | xargs --null clang-format --dry-run --Werror
