# SPDX-License-Identifier: MIT
# The Debian package of the headers, as lintian likes it, unpacked and found; and that of the library, if this build has
# it.
tool_or_skip(dpkg-deb)

function(expect_field package field value)
    step("reading ${field}" "${dpkg-deb}" -f "${package}" ${field})
    string(STRIP "${said}" said)
    if(NOT said MATCHES "^${value}$")
        message(FATAL_ERROR "${consumer}: ${field} is ${said}, not ${value}")
    endif()
endfunction()

function(pack folder result)
    step("packing" "${CMAKE_CPACK_COMMAND}" -G DEB --config "${folder}/CPackConfig.cmake" -B "${scratch}/${result}")
    file(GLOB package "${scratch}/${result}/*.deb")
    expect_field("${package}" Version "${version}")
    expect_field("${package}" Depends ".*libxsimd-dev [(]>= 8.1[)].*")
    step("unpacking" "${dpkg-deb}" -x "${package}" "${scratch}/${result}/root")
    set(package "${package}" PARENT_SCOPE)
endfunction()

step("configuring" "${CMAKE_COMMAND}" -S "${project}" -B "${scratch}/install" -G "${generator}"
    "-DCMAKE_CXX_COMPILER=${compiler}" "-DCPACK_PACKAGE_CONTACT=A Packer <packer@debian.org>")
pack("${scratch}/install" headers)
expect_field("${package}" Architecture all)
find_program(lintian lintian)
if(lintian)
    step("asking lintian" "${lintian}" --display-info --fail-on error,warning,info "${package}")
endif()
file(RENAME "${scratch}/headers/root/usr" "${scratch}/prefix")
set(of find_package)
configure_build_and_run("-Dversion=${version}")

file(GLOB library "${build}/*rlhf_compiled.*")
if(library)
    pack("${build}" library)
    expect_field("${package}" Architecture "[a-z0-9]+")
    step("listing" "${dpkg-deb}" -c "${package}")
    if(package MATCHES "_all.deb$" OR NOT said MATCHES "rlhf_compiled[.]")
        message(FATAL_ERROR "${consumer}: ${package} should have the library:\n${said}")
    endif()
endif()
