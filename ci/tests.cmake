# SPDX-License-Identifier: GPL-2.0-only
# What is tested by scripts. Labels: `check` (style, sanitizers), `cli` (the built program), `guest` (boots kernels),
# `host` (boots stand-ins for bare-metal hosts), `cluster` (runs Slurm),
# `package` (installs the Debian package).

add_test(NAME cli.bad-input COMMAND ${CMAKE_SOURCE_DIR}/ci/cli.sh $<TARGET_FILE:blkhang>)
add_test(NAME cli.descriptors COMMAND ${CMAKE_SOURCE_DIR}/ci/cli-descriptors.sh $<TARGET_FILE:blkhang>)
# Sanitized, the program takes long to start.
set_tests_properties(cli.bad-input cli.descriptors PROPERTIES LABELS cli TIMEOUT 400)

# Of a sanitized build, nothing more.
if(BLKHANG_SANITIZE)
  return()
endif()

# Limits the time of each.
add_test(NAME cli.wrong COMMAND ${CMAKE_SOURCE_DIR}/ci/cli-wrong.py $<TARGET_FILE:blkhang>)
set_tests_properties(cli.wrong PROPERTIES LABELS cli TIMEOUT 120)

# Waits for datagrams that do not come.
add_test(NAME cli.collect COMMAND ${CMAKE_SOURCE_DIR}/ci/cli-collect.py $<TARGET_FILE:blkhang>)
set_tests_properties(cli.collect PROPERTIES LABELS cli TIMEOUT 120)

foreach(check format output shell tidy sanitize)
  add_test(NAME check.${check} COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/${check}.sh)
  set_tests_properties(check.${check} PROPERTIES LABELS check TIMEOUT 2700)
endforeach()
add_test(NAME check.layers COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/layers)
set_tests_properties(check.layers PROPERTIES LABELS check TIMEOUT 60)
add_executable(sample_records ${CMAKE_SOURCE_DIR}/ci/checks/sample_records.cpp)
target_link_libraries(sample_records PRIVATE blkhang_record)
target_compile_definitions(sample_records PRIVATE BLKHANG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
add_test(NAME check.exports
         COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/exports.sh $<TARGET_FILE:blkhang> $<TARGET_FILE:sample_records>)
set_tests_properties(check.exports PROPERTIES LABELS check TIMEOUT 120)
add_test(NAME check.metrics
         COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/metrics.sh $<TARGET_FILE:blkhang> $<TARGET_FILE:sample_records>)
set_tests_properties(check.metrics PROPERTIES LABELS check TIMEOUT 300 SKIP_RETURN_CODE 77)
add_test(NAME check.npm
         COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/npm.sh $<TARGET_FILE:blkhang> $<TARGET_FILE:sample_records>)
set_tests_properties(check.npm PROPERTIES LABELS check TIMEOUT 400 SKIP_RETURN_CODE 77)
add_test(NAME check.html
         COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/html.sh $<TARGET_FILE:blkhang> $<TARGET_FILE:sample_records>
                 ${CMAKE_BINARY_DIR}/html-screenshots)
set_tests_properties(check.html PROPERTIES LABELS check TIMEOUT 300)
add_executable(linear ${CMAKE_SOURCE_DIR}/ci/checks/linear.cpp)
target_link_libraries(linear PRIVATE blkhang_publish)
target_compile_definitions(linear PRIVATE BLKHANG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
add_test(NAME check.linear COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/linear.sh $<TARGET_FILE:linear>)
set_tests_properties(check.linear PROPERTIES LABELS check TIMEOUT 300)
add_test(NAME check.manual COMMAND ${CMAKE_SOURCE_DIR}/ci/man-pages $<TARGET_FILE:blkhang> --check
                                   ${CMAKE_BINARY_DIR}/man-checked)
add_test(NAME check.completion COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/completion.py $<TARGET_FILE:blkhang>)
set_tests_properties(check.completion PROPERTIES LABELS check TIMEOUT 120)
add_test(NAME check.readme COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/readme.py $<TARGET_FILE:blkhang>)
set_tests_properties(check.manual check.readme PROPERTIES LABELS check TIMEOUT 60)
add_test(NAME check.records
         COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/records.sh $<TARGET_FILE:blkhang> $<TARGET_FILE:sample_records>)
add_test(NAME check.lava COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/lava.py $<TARGET_FILE:blkhang>)
set_tests_properties(check.lava PROPERTIES LABELS check TIMEOUT 60 SKIP_RETURN_CODE 77)
add_test(NAME check.repro COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/repro.sh $<TARGET_FILE:blkhang>)
set_tests_properties(check.repro PROPERTIES LABELS check TIMEOUT 120)
add_test(NAME check.blktests COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/blktests.sh $<TARGET_FILE:blkhang>)
set_tests_properties(check.blktests PROPERTIES LABELS check TIMEOUT 120)
add_test(NAME check.samples COMMAND ${CMAKE_SOURCE_DIR}/ci/checks/samples.sh $<TARGET_FILE:blkhang>)
set_tests_properties(check.records check.samples PROPERTIES LABELS check TIMEOUT 300)
# Keeps two cores busy by itself. So does check.tidy, but it may share them with a test that sleeps.
set_tests_properties(check.sanitize PROPERTIES PROCESSORS 2)

# No kernel boots here: a program stands in for QEMU.
add_test(NAME standin.hostile-guest
         COMMAND ${CMAKE_SOURCE_DIR}/ci/standin/hostile_guest.py $<TARGET_FILE:blkhang>)
set_tests_properties(standin.hostile-guest PROPERTIES LABELS standin TIMEOUT 600 RUN_SERIAL ON)

# A host that boots, a theme each, one at a time; build.host makes what they boot from, which takes minutes once. Beside
# compilers they take several times as long; what they may take otherwise, ci/budget says.
file(GLOB host_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ci/host/tests/*)
list(FILTER host_tests EXCLUDE REGEX "\\.")
foreach(script ${host_tests})
  get_filename_component(name ${script} NAME)
  add_test(NAME host.${name} COMMAND ${script} $<TARGET_FILE:blkhang>)
  set_tests_properties(host.${name} PROPERTIES LABELS host TIMEOUT 1200 RUN_SERIAL ON SKIP_RETURN_CODE 77 FIXTURES_REQUIRED host)
endforeach()
add_test(NAME build.host COMMAND ${CMAKE_SOURCE_DIR}/ci/host/build)
set_tests_properties(build.host PROPERTIES LABELS host TIMEOUT 1200 SKIP_RETURN_CODE 77 FIXTURES_SETUP host)

# Clusters of two nodes, real but for their guests; in the second, they share no directory.
add_test(NAME cluster.slurm COMMAND ${CMAKE_SOURCE_DIR}/ci/cluster/test $<TARGET_FILE:blkhang>)
add_test(NAME cluster.apart COMMAND ${CMAKE_SOURCE_DIR}/ci/cluster/apart $<TARGET_FILE:blkhang>)
add_test(NAME cluster.nodes COMMAND ${CMAKE_SOURCE_DIR}/ci/cluster/nodes $<TARGET_FILE:blkhang>)
set_tests_properties(cluster.slurm cluster.apart cluster.nodes PROPERTIES LABELS cluster TIMEOUT 900 RUN_SERIAL ON SKIP_RETURN_CODE 77)

# The Debian package, in a root that build.package makes; a guest boots in it.
add_test(NAME build.package COMMAND ${CMAKE_SOURCE_DIR}/ci/package/root ${CMAKE_BINARY_DIR})
add_test(NAME package.debian COMMAND ${CMAKE_SOURCE_DIR}/ci/package/test ${CMAKE_BINARY_DIR})
set_tests_properties(build.package PROPERTIES LABELS package TIMEOUT 1200 SKIP_RETURN_CODE 77 FIXTURES_SETUP package)
set_tests_properties(package.debian PROPERTIES LABELS package TIMEOUT 900 RUN_SERIAL ON SKIP_RETURN_CODE 77 FIXTURES_REQUIRED package)

# One guest at a time, with the machine to itself: two vCPUs without KVM take two cores, and deadlines are real time.
file(GLOB guest_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ci/guest/*.sh)
foreach(script ${guest_tests})
  get_filename_component(name ${script} NAME_WE)
  add_test(NAME guest.${name} COMMAND ${script} $<TARGET_FILE:blkhang>)
  set_tests_properties(guest.${name} PROPERTIES LABELS guest TIMEOUT 600 RUN_SERIAL ON SKIP_RETURN_CODE 77)
endforeach()
# This guest sleeps until its deadline.
set_tests_properties(guest.garbage-image PROPERTIES RUN_SERIAL OFF)

# Fuzzing: each harness for 5 s. The build is as large as the others', and named as one of them (ci/budget).
add_test(NAME build.fuzz COMMAND ${CMAKE_SOURCE_DIR}/ci/build-sanitized blkhang_fuzz)
set_tests_properties(build.fuzz PROPERTIES LABELS check TIMEOUT 900 PROCESSORS 2 FIXTURES_SETUP fuzz)
# Goes on in the same directory.
set_tests_properties(check.sanitize PROPERTIES DEPENDS build.fuzz)
file(GLOB harnesses CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ci/fuzz/harnesses/*.cpp)
foreach(harness ${harnesses})
  get_filename_component(name ${harness} NAME_WE)
  add_test(NAME fuzz.${name} COMMAND ${CMAKE_SOURCE_DIR}/ci/fuzz/run ${name})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS check TIMEOUT 60 FIXTURES_REQUIRED fuzz)
endforeach()
