# SPDX-License-Identifier: GPL-2.0-only
# The Debian package: `cpack -G DEB` in the build folder makes blkhang_VERSION_ARCHITECTURE.deb, checked by ci/package.
set(CPACK_GENERATOR DEB)
set(BLKHANG_MAINTAINER "blkhang developers <blkhang@localhost>" CACHE STRING "Whom the Debian package names to write to")
set(CPACK_PACKAGE_CONTACT ${BLKHANG_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tells whether a Linux kernel hangs in block-cgroup IO")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Provokes, watches and proves hangs of the Linux kernel where block-cgroup IO,
memory reclaim and per-CPU allocation meet, as they froze hosts of KVM guests
in 2011. It boots a kernel in a throwaway guest, or loads this host on devices
that were prepared for it, and gives a verdict with its proof.
.
On a host that freezes, it says what would set such a hang off, watches for it
through eBPF, keeps the evidence elsewhere and can free the host. Nothing is
started or enabled by installing it.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# One static program needs no libraries; of one that is not, dpkg-shlibdeps knows them.
if(NOT BLKHANG_STATIC)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
# Programs that it runs: for guests, their modules and their load.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "qemu-system-x86, stress-ng, kmod, xz-utils, zstd")
# For pages and mails; for planted bugs.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "graphviz, binutils")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "gcc, make, perl, git, bash-completion")
set(package ${CMAKE_SOURCE_DIR}/cmake/package)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package}/postinst ${package}/prerm ${package}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${package}/AtPacking.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${package}/Staged.cmake)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
