# SPDX-License-Identifier: GPL-2.0-only

# layer(NAME USES ...): tool/NAME/*.cpp and those in its rooms (tool/NAME/ROOM/*.cpp) as a static library, *_test.cpp
# among them as its test program. What only tests include is in the room tool/NAME/testing.
function(layer name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tool/${name}/*.cpp ${CMAKE_SOURCE_DIR}/tool/${name}/*/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(uses blkhang_options)
  foreach(use ${ARG_USES})
    if(TARGET blkhang_${use})
      list(APPEND uses blkhang_${use})
    else()
      list(APPEND uses ${use})
    endif()
  endforeach()

  if(sources)
    add_library(blkhang_${name} STATIC ${sources})
    target_link_libraries(blkhang_${name} PUBLIC ${uses})
  else()
    add_library(blkhang_${name} INTERFACE)
    target_link_libraries(blkhang_${name} INTERFACE ${uses})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE blkhang_${name} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE BLKHANG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(BLKHANG_SANITIZE)
      # Of tests only what they test is of interest, and a process for each would take longer than the tests.
      target_compile_options(${name}_test PRIVATE -O0 -fno-sanitize=fuzzer-no-link)
      foreach(half 0 1)
        add_test(NAME ${name}.half${half} COMMAND ${name}_test --gtest_brief=1)
        set_tests_properties(${name}.half${half} PROPERTIES TIMEOUT 600
                             ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${half}")
      endforeach()
    else()
      include(GoogleTest)
      gtest_discover_tests(${name}_test TEST_PREFIX ${name}. PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
    endif()
  endif()
endfunction()
