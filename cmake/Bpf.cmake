# SPDX-License-Identifier: GPL-2.0-only
find_program(BPF_CLANG NAMES clang clang-14 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

# bpf_object(NAME SOURCE HEADERS ...): compiles SOURCE for BPF and makes target NAME_skeleton, whose include folder
# holds NAME.skel.h.
function(bpf_object name source)
  cmake_parse_arguments(ARG "" "" "HEADERS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/bpf)
  file(MAKE_DIRECTORY ${out})
  list(TRANSFORM ARG_HEADERS PREPEND ${CMAKE_SOURCE_DIR}/)
  add_custom_command(
    OUTPUT ${out}/${name}.skel.h ${out}/${name}.bpf.o
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror
            -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -I${CMAKE_SOURCE_DIR}/bpf -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${CMAKE_SOURCE_DIR}/${source} -o ${out}/${name}.full.o
    COMMAND ${BPFTOOL} gen object ${out}/${name}.bpf.o ${out}/${name}.full.o
    COMMAND ${BPFTOOL} gen skeleton ${out}/${name}.bpf.o name ${name}_bpf > ${out}/${name}.skel.h
    DEPENDS ${CMAKE_SOURCE_DIR}/${source} ${ARG_HEADERS}
    COMMENT "BPF object ${name}" VERBATIM)
  add_custom_target(${name}_bpf_build DEPENDS ${out}/${name}.skel.h)
  add_library(${name}_skeleton INTERFACE)
  add_dependencies(${name}_skeleton ${name}_bpf_build)
  target_include_directories(${name}_skeleton SYSTEM INTERFACE ${out})
endfunction()
