# SPDX-License-Identifier: MIT
# As an overlay, the port builds the tree that it lies in. In a registry, which packaging/vcpkg/README.md explains, it
# downloads a release.
cmake_path(SET SOURCE_PATH NORMALIZE "${CURRENT_PORT_DIR}/../../../..")

# Headers have neither configurations nor run-time paths, and the interface of C hides which one it is.
set(VCPKG_BUILD_TYPE release)
set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled)
set(VCPKG_FIXUP_ELF_RPATH OFF)
vcpkg_check_features(OUT_FEATURE_OPTIONS options FEATURES c RLHF_C)
set(config share/cmake/rlhf)
if("c" IN_LIST FEATURES)
    set(config lib/cmake/rlhf)
endif()

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS ${options})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH ${config})
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/rlhf")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
