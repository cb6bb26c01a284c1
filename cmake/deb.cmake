# SPDX-License-Identifier: MIT
# Read by install.cmake. Packages for apt: librlhf-dev, for every architecture while it has headers alone; the shared
# library of C, whose package bears its SONAME, so that two versions may be installed side by side; and rlhf-diff.
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_PACKAGE_NAME rlhf)
set(CPACK_PACKAGE_CONTACT "The rlhf authors" CACHE STRING "Who packs a Debian package: Name <address>")
set(CPACK_PACKAGE_VENDOR "The rlhf authors")
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/deb_files.cmake")

# rlhf_deb(component package section description): what is installed as a component is a package.
macro(rlhf_deb component package section description)
    string(TOUPPER "${component}" of)
    list(APPEND CPACK_COMPONENTS_ALL ${component})
    set(CPACK_DEBIAN_${of}_PACKAGE_NAME "${package}")
    set(CPACK_DEBIAN_${of}_PACKAGE_SECTION ${section})
    set(CPACK_DEBIAN_${of}_DESCRIPTION "${description}")
endmacro()

set(CPACK_COMPONENTS_ALL "")
rlhf_deb(rlhf_Development librlhf-dev libdevel "A header-only C++20 library. It computes the losses of PPO, GRPO, DPO and
reward models, advantages and log-probabilities over a trainer's buffers.
It is vectorised by xsimd, allocates nothing and starts no threads.")
set(CPACK_DEBIAN_RLHF_DEVELOPMENT_PACKAGE_SUGGESTS "libeigen3-dev (>= 3.4)")
if(NOT RLHF_NO_SIMD)
    set(CPACK_DEBIAN_RLHF_DEVELOPMENT_PACKAGE_DEPENDS "libxsimd-dev (>= 8.1)")
endif()
if(any_architecture)
    set(CPACK_DEBIAN_RLHF_DEVELOPMENT_PACKAGE_ARCHITECTURE all)
endif()

if(TARGET rlhf_c_shared)
    rlhf_deb(rlhf_Runtime "librlhf-c${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}" libs
        "The shared library of rlhf's interface of C. It computes the losses of PPO,
GRPO, DPO and reward models with the best instruction set of the machine.")
    set(CPACK_COMPONENT_RLHF_DEVELOPMENT_DEPENDS rlhf_Runtime)
endif()
if(RLHF_INSTALL_DIFF)
    rlhf_deb(rlhf_Tools rlhf-diff science "This program finds which options of rlhf reproduce the loss and the
gradient that another trainer computed of a batch.")
    set(CPACK_DEBIAN_RLHF_TOOLS_PACKAGE_SHLIBDEPS ON)
endif()
include(CPack)
