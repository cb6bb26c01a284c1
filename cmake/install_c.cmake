# SPDX-License-Identifier: MIT
# Installs rlhf::c and rlhf::c_static, and their pkg-config file. Read by install.cmake.
install(TARGETS rlhf_c_shared rlhf_c_static EXPORT rlhf_cTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    RUNTIME COMPONENT rlhf_Runtime
    LIBRARY COMPONENT rlhf_Runtime NAMELINK_COMPONENT rlhf_Development)
install(EXPORT rlhf_cTargets NAMESPACE rlhf:: DESTINATION "${package_dir}")

# From where the file lies to the library and its headers, so that the prefix may be moved.
set(pkgconfig_c_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
cmake_path(ABSOLUTE_PATH pkgconfig_c_dir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE from)
foreach(kind IN ITEMS INCLUDEDIR LIBDIR)
    cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_${kind} BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE to)
    cmake_path(RELATIVE_PATH to BASE_DIRECTORY "${from}" OUTPUT_VARIABLE pkgconfig_c_${kind})
endforeach()
file(CONFIGURE OUTPUT "${generated_dir}/rlhf-c.pc" @ONLY CONTENT "includedir=\${pcfiledir}/@pkgconfig_c_INCLUDEDIR@
libdir=\${pcfiledir}/@pkgconfig_c_LIBDIR@

Name: rlhf-c
Description: @PROJECT_DESCRIPTION@, for C
Version: @PROJECT_VERSION@
Cflags: -I\${includedir}
Libs: -L\${libdir} -lrlhf_c
Libs.private: -lstdc++ -lm
")
install(FILES "${generated_dir}/rlhf-c.pc" DESTINATION "${pkgconfig_c_dir}")
