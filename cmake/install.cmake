# SPDX-License-Identifier: MIT
# Headers, CMake package and pkg-config file. All but rlhf::compiled and rlhf::c is independent of the architecture, and
# without these libraries the package goes below share/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME rlhf_Development)
set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/rlhf")
set(any_architecture ARCH_INDEPENDENT)
set(components rlhf rlhf_eigen)
if(RLHF_COMPILED OR TARGET rlhf_c_shared)
    set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rlhf")
    set(any_architecture "")
endif()
if(RLHF_COMPILED)
    list(APPEND components rlhf_compiled)
endif()
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
set(generated_dir "${PROJECT_BINARY_DIR}/package")

install(DIRECTORY include/rlhf DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING
    PATTERN "*.hpp" PATTERN "*.h")
foreach(component IN LISTS components)
    install(TARGETS ${component} EXPORT ${component}Targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT ${component}Targets NAMESPACE rlhf:: DESTINATION "${package_dir}")
endforeach()
if(TARGET rlhf_c_shared)
    include(cmake/install_c.cmake)
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/rlhf")

configure_package_config_file(cmake/rlhfConfig.cmake.in "${generated_dir}/rlhfConfig.cmake"
    INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${generated_dir}/rlhfConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion ${any_architecture})
install(FILES cmake/rlhfDependencies.cmake
    "${generated_dir}/rlhfConfig.cmake" "${generated_dir}/rlhfConfigVersion.cmake"
    DESTINATION "${package_dir}")

# The .pc file finds its headers from where it lies, so the prefix may be moved.
set(from "${pkgconfig_dir}")
set(to "${CMAKE_INSTALL_INCLUDEDIR}")
cmake_path(ABSOLUTE_PATH from BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
cmake_path(ABSOLUTE_PATH to BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
cmake_path(RELATIVE_PATH to BASE_DIRECTORY "${from}" OUTPUT_VARIABLE pkgconfig_to_include)
set(pkgconfig_words "Requires: xsimd >= 8.1.0\nCflags: -I\${includedir}")
if(RLHF_NO_SIMD)
    set(pkgconfig_words "Cflags: -I\${includedir} -DRLHF_NO_SIMD")
endif()
configure_file(cmake/rlhf.pc.in "${generated_dir}/rlhf.pc" @ONLY)
install(FILES "${generated_dir}/rlhf.pc" DESTINATION "${pkgconfig_dir}")

# CPS describes packages to more tools than CMake. From 4.3 on, find_package prefers it to rlhfConfig.cmake, so it is
# written only where it says everything: the name of xsimd's target has no namespace, and CPS cannot require it.
if(RLHF_NO_SIMD AND CMAKE_VERSION VERSION_GREATER_EQUAL 4.3)
    install(PACKAGE_INFO rlhf EXPORT rlhfTargets DESTINATION "${CMAKE_INSTALL_DATADIR}/cps/rlhf"
        VERSION ${PROJECT_VERSION} COMPAT_VERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endif()

# `cpack` makes a Debian package of what is installed.
if(PROJECT_IS_TOP_LEVEL)
    include(cmake/deb.cmake)
endif()
