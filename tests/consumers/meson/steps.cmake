# SPDX-License-Identifier: MIT
# Meson finds the installed package by pkg-config, and takes the sources as a subproject by CMake.
tool_or_skip(meson)
tool_or_skip(pkg-config)
tool_or_skip(ninja)
install_and_move()
set(ENV{PKG_CONFIG_PATH} "${scratch}/prefix/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")
file(COPY "${sources}/meson" "${sources}/plain.cpp" DESTINATION "${scratch}/source")
set(ENV{CXX} "${compiler}")
step("configuring" "${meson}" setup "${scratch}/source/meson" "${scratch}/build")
step("building and running" "${meson}" test -C "${scratch}/build")

set(subproject "${scratch}/source/meson/subproject")
file(MAKE_DIRECTORY "${subproject}/subprojects")
file(CREATE_LINK "${project}" "${subproject}/subprojects/rlhf" SYMBOLIC)
file(COPY "${sources}/plain.cpp" DESTINATION "${subproject}")
step("configuring the subproject" "${meson}" setup "${subproject}" "${scratch}/subproject")
step("building and running the subproject" "${meson}" test -C "${scratch}/subproject")
