#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Text of a stranger reaches no terminal as it is: nothing in tool/ writes to standard output or standard error but
# base/shown, and its type takes foreign text in no way but made printable.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0

# nowhere PATTERN WHY FILE...: no line of the program's sources matches, but in those files and in comments.
nowhere() {
    local pattern=$1 why=$2 found
    shift 2
    found=$(grep --recursive --line-number --extended-regexp --include='*.cpp' --include='*.h' "$pattern" tool |
        grep --invert-match --extended-regexp '^[^:]*:[0-9]+: *//' |
        grep --invert-match --extended-regexp "^[^:]*_test\.cpp:${1:+|^tool/($(IFS='|'; echo "$*")):}") || true
    if [[ -n $found ]]; then
        printf '%s\n%s\n' "$why:" "$found"
        failed=1
    fi
}
nowhere 'fmt::v?print|std::(cout|cerr|clog)|\bstd(out|err) *[,);]|\bperror\(|\b(f?put(s|c|char)|v?f?printf)\(' \
    'printed past base/shown.h'
nowhere '\bwrite(v|_all|_output)?\((STD(OUT|ERR)_FILENO|[12]),' 'written past base/shown.h' 'base/out_of_memory.cpp'
nowhere '/dev/(tty|stdout|stderr|fd)\b' 'terminals are not opened by name'
nowhere '\bwrite_all\((fd_|[A-Za-z]*_fd|out_|err_)' 'a display writes by show()' 'run/port.cpp'
nowhere 'spdlog/sinks' 'the log has one sink' 'base/log.cpp'

# compiles SNIPPET: what somebody might write in a function, with foreign text at hand.
compiles() {
    "${CXX:-c++}" -std=c++20 -fsyntax-only -I tool -x c++ - 2>/dev/null <<EOF
#include "base/shown.h"
#include <string>
using namespace blkhang;
void probe(const std::string& foreign) { $1; }
EOF
}
taken() {
    compiles "$1" || { echo "does not compile: $1"; failed=1; }
}
refused() {
    if compiles "$1"; then
        echo "compiles, and must not: $1"
        failed=1
    fi
}
# shellcheck disable=SC2016
taken 'print(shown("{} {}\n", foreign, 7)); print(Shown::lines(foreign)); complain(Shown::painted(foreign))'
refused 'print(foreign)'
refused 'print(Shown(foreign))'
refused 'print(shown(foreign))'
refused 'complain(shown(foreign.c_str()))'
refused 'print(shown(fmt::runtime(foreign)))'
refused 'print(fmt::format("{}\n", foreign))'
exit "$failed"
