# SPDX-License-Identifier: GPL-2.0-only

# embed(TARGET NAMESPACE ns FILES globs...): library with `blkhang::embedded::ns()`, declared in embedded/ns.h: a map from
# file name to content, so that the program stays one file.
function(embed target)
  cmake_parse_arguments(ARG "" "NAMESPACE" "FILES" ${ARGN})
  set(files)
  foreach(pattern ${ARG_FILES})
    file(GLOB matched CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${pattern})
    list(APPEND files ${matched})
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/embedded)
  set(script ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake)
  string(REPLACE ";" "|" joined "${files}")
  add_custom_command(
    OUTPUT ${out}/${ARG_NAMESPACE}.cpp ${out}/${ARG_NAMESPACE}.h
    COMMAND ${CMAKE_COMMAND} -DNS=${ARG_NAMESPACE} -DOUT=${out} "-DFILES=${joined}" -P ${script}
    DEPENDS ${files} ${script} VERBATIM)
  add_library(${target} STATIC ${out}/${ARG_NAMESPACE}.cpp)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR})
endfunction()

# build_version(TARGET): library whose header build_version.h holds kVersion and kCommit, renewed at every build.
function(build_version target)
  set(out ${CMAKE_BINARY_DIR}/version)
  add_custom_target(${target}_header
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
            -P ${CMAKE_SOURCE_DIR}/cmake/WriteVersion.cmake
    BYPRODUCTS ${out}/build_version.h)
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_header)
  target_include_directories(${target} INTERFACE ${out})
endfunction()
