# SPDX-License-Identifier: GPL-2.0-only
# Run by cpack on what is going to be packed: documents as Debian's policy has them (chapter 12), and overrides of lintian.
set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
set(doc ${usr}/share/doc/blkhang)
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/copyright ${doc}/copyright)
file(MAKE_DIRECTORY ${usr}/share/lintian/overrides)
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/lintian-overrides ${usr}/share/lintian/overrides/blkhang)
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
# The C locale, whose names of days and months policy asks for. Of the commit, or of SOURCE_DATE_EPOCH.
execute_process(COMMAND date --utc --rfc-email --date=@$ENV{SOURCE_DATE_EPOCH} OUTPUT_VARIABLE date
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${doc}/changelog.Debian
"blkhang (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * What has changed is in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(GLOB packed ${usr}/share/man/*/* ${doc}/changelog*)
execute_process(COMMAND gzip --best --no-name --force ${packed} COMMAND_ERROR_IS_FATAL ANY)
