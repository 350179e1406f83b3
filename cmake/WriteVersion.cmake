# SPDX-License-Identifier: GPL-2.0-only
execute_process(COMMAND git -C ${SOURCE} describe --tags --always --dirty --abbrev=12
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
set(text
"#pragma once
namespace blkhang {
inline constexpr const char* kVersion = \"${VERSION}\";
inline constexpr const char* kCommit = \"${commit}\";
}
")
if(EXISTS ${OUT}/build_version.h)
  file(READ ${OUT}/build_version.h old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUT}/build_version.h "${text}")
endif()
