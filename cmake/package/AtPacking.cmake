# SPDX-License-Identifier: GPL-2.0-only
# Read by cpack when it packs: what differs from commit to commit. A build between releases sorts before the next one, and after
# the builds before it; the dates in the package are those of the commit, so that it can be made again.
function(of_git out)
  execute_process(COMMAND git -C ${CMAKE_CURRENT_FUNCTION_LIST_DIR} ${ARGN}
                  OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${out} "${said}" PARENT_SCOPE)
endfunction()

of_git(tagged describe --exact-match --match "v${CPACK_PACKAGE_VERSION}" --tags HEAD)
of_git(commits rev-list --count HEAD)
of_git(date log -1 --format=%ct)
if(commits AND NOT tagged)
  string(APPEND CPACK_PACKAGE_VERSION "~${commits}")
endif()
if(date AND NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} ${date})
endif()
