# SPDX-License-Identifier: GPL-2.0-only
# What `cmake --install` and the Debian package put into place. Nothing is started or enabled by that.
include(GNUInstallDirs)

install(TARGETS blkhang)

# Below the prefix that is installed to, which may be another than that of the build.
install(CODE "
  set(CMAKE_INSTALL_FULL_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  configure_file(\"${CMAKE_SOURCE_DIR}/tool/watch/blkhang-watch.service\"
                 \"${CMAKE_BINARY_DIR}/installed/blkhang-watch.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/installed/blkhang-watch.service DESTINATION lib/systemd/system)

# The program has them inside; these are for reading, and to begin one's own with.
set(shared ${CMAKE_INSTALL_DATADIR}/blkhang)
install(DIRECTORY profiles/ DESTINATION ${shared}/profiles FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY reports/ DESTINATION ${shared}/templates FILES_MATCHING PATTERN "*.mustache" PATTERN "samples" EXCLUDE)
install(DIRECTORY reports/ DESTINATION ${shared}/schemas FILES_MATCHING PATTERN "*.schema.json" PATTERN "samples" EXCLUDE)
install(DIRECTORY ci/plants/ DESTINATION ${shared}/plants FILES_MATCHING PATTERN "*.c" PATTERN "*.h")
install(FILES README.md CHANGELOG.md tool/watch/HEALING.md TYPE DOC)

# Said by the program itself. One that is sanitized takes long for it.
if(NOT BLKHANG_SANITIZE)
  add_custom_command(OUTPUT man/man1/blkhang.1 DEPENDS blkhang ci/man-pages reports/record.schema.json reports/matrix.schema.json
                     COMMAND ${CMAKE_SOURCE_DIR}/ci/man-pages $<TARGET_FILE:blkhang> ${CMAKE_BINARY_DIR}/man VERBATIM)
  add_custom_command(OUTPUT completions/blkhang.bash completions/_blkhang DEPENDS blkhang VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completions
                     COMMAND blkhang completion bash > completions/blkhang.bash
                     COMMAND blkhang completion zsh > completions/_blkhang)
  add_custom_target(man ALL DEPENDS man/man1/blkhang.1)
  add_custom_target(completions ALL DEPENDS completions/blkhang.bash)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ TYPE MAN)
  install(FILES ${CMAKE_BINARY_DIR}/completions/blkhang.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME blkhang)
  install(FILES ${CMAKE_BINARY_DIR}/completions/_blkhang DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
