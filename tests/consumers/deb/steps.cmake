# SPDX-License-Identifier: MIT
# Debian packages: the headers, unpacked and found; and, if this build has them, the libraries.
tool_or_skip(dpkg-deb)

function(expect_field package field value)
    step("reading ${field}" "${dpkg-deb}" -f "${package}" ${field})
    string(STRIP "${said}" said)
    if(NOT said MATCHES "^${value}$")
        message(FATAL_ERROR "${consumer}: ${field} of ${package} is ${said}, not ${value}")
    endif()
endfunction()

# pack(folder result unwanted): what lintian says is an error, but for the tags in `unwanted`.
find_program(lintian lintian)
function(pack folder result unwanted)
    step("packing" "${CMAKE_CPACK_COMMAND}" -G DEB --config "${folder}/CPackConfig.cmake" -B "${scratch}/${result}"
        -D "CPACK_PACKAGE_CONTACT=A Packer <packer@debian.org>")
    file(GLOB packages "${scratch}/${result}/*.deb")
    foreach(package IN LISTS packages)
        expect_field("${package}" Version "${version}")
        step("unpacking" "${dpkg-deb}" -x "${package}" "${scratch}/${result}/root")
    endforeach()
    if(lintian)
        step("asking lintian" "${lintian}" --display-info --fail-on error,warning,info --suppress-tags "${unwanted}"
            ${packages})
    endif()
    file(GLOB headers "${scratch}/${result}/librlhf-dev_*.deb")
    expect_field("${headers}" Depends ".*libxsimd-dev [(]>= 8.1[)].*")
    set(headers "${headers}" PARENT_SCOPE)
endfunction()

step("configuring" "${CMAKE_COMMAND}" -S "${project}" -B "${scratch}/install" -G "${generator}"
    "-DCMAKE_CXX_COMPILER=${compiler}")
pack("${scratch}/install" headers "")
expect_field("${headers}" Architecture all)
file(RENAME "${scratch}/headers/root/usr" "${scratch}/prefix")
set(of find_package)
configure_build_and_run("-Dversion=${version}")

# The build has the flags and the folders of development: packaging/README.md says which a packer sets.
file(GLOB library "${build}/librlhf_c.so.*.*.*")
if(NOT library)
    return()
endif()
pack("${build}" library "hardening-no-bindnow,hardening-no-fortify-functions,pkg-config-unavailable-for-cross-compilation")
expect_field("${headers}" Architecture "[a-z0-9]+")
string(REGEX MATCH "^[0-9]+[.][0-9]+" soname "${version}")
expect_field("${headers}" Depends "librlhf-c${soname} [(]= ${version}[)], .*")
file(GLOB package "${scratch}/library/librlhf-c${soname}_*.deb")
expect_field("${package}" Depends ".*libc6.*libstdc[+][+]6.*")
step("reading symbols" "${dpkg-deb}" -I "${package}" symbols)
if(NOT said MATCHES "librlhf_c.so.${soname} librlhf-c${soname} #MINVER#.* rlhf_gae@Base ${version}\n")
    message(FATAL_ERROR "${consumer}: the list of symbols is\n${said}")
endif()
file(REMOVE_RECURSE "${scratch}/prefix" "${scratch}/build")
file(RENAME "${scratch}/library/root/usr" "${scratch}/prefix")
configure_build_and_run("-Dversion=${version}" -Dcomponents=c)
