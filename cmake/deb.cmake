# SPDX-License-Identifier: MIT
# Read by install.cmake. librlhf-dev, for apt: headers for every architecture, or with a library or a program for one.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME librlhf-dev)
set(CPACK_PACKAGE_CONTACT "The rlhf authors" CACHE STRING "Who packs a Debian package: Name <address>")
set(CPACK_PACKAGE_VENDOR "The rlhf authors")
set(CPACK_PACKAGE_DESCRIPTION "A header-only C++20 library. It computes the losses of PPO, GRPO, DPO and
reward models, advantages and log-probabilities over a trainer's buffers.
It is vectorised by xsimd, allocates nothing and starts no threads.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libxsimd-dev (>= 8.1)")
if(RLHF_NO_SIMD)
    set(CPACK_DEBIAN_PACKAGE_DEPENDS "")
endif()
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
if(NOT any_architecture OR RLHF_INSTALL_DIFF)
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "") # CPack asks dpkg
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
    set(CPACK_STRIP_FILES ON)
endif()
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/deb_documents.cmake")
include(CPack)
