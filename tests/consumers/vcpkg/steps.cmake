# SPDX-License-Identifier: MIT
# The port, built by vcpkg's own scripts as its program runs them, and found through vcpkg's toolchain. xsimd comes from
# the system, so that nothing is downloaded.
set(vcpkg "$ENV{VCPKG_ROOT}")
if(NOT EXISTS "${vcpkg}/scripts/ports.cmake")
    message("skipped: the variable VCPKG_ROOT names no vcpkg")
    return()
endif()
tool_or_skip(git)
tool_or_skip(ninja)
tool_or_skip(pkg-config)
set(triplet x64-linux)
if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(triplet arm64-linux)
endif()
file(WRITE "${scratch}/functions.cmake" "
include(\"${vcpkg}/ports/vcpkg-cmake/vcpkg-port-config.cmake\")
include(\"${vcpkg}/ports/vcpkg-cmake-config/vcpkg-port-config.cmake\")
")
# The library of C, compiled quickly: for one instruction set, at -O0.
file(WRITE "${scratch}/triplet.cmake" "include(\"${vcpkg}/triplets/${triplet}.cmake\")
list(APPEND VCPKG_CMAKE_CONFIGURE_OPTIONS -DRLHF_C_ISAS= -DCMAKE_CXX_FLAGS_RELEASE=-O0)
")

# build_port(name features): installed as ${installed}, a folder of this name.
function(build_port name features)
    set(installed "${scratch}/${name}")
    set(installed "${installed}" PARENT_SCOPE)
    step("building the port" "${CMAKE_COMMAND}" -DCMD=BUILD -DPORT=rlhf "-DVERSION=${version}" "-DFEATURES=${features}"
        "-DCURRENT_PORT_DIR=${project}/packaging/vcpkg/ports/rlhf" "-DVCPKG_ROOT_DIR=${vcpkg}"
        "-DTARGET_TRIPLET=${triplet}" "-DTARGET_TRIPLET_FILE=${scratch}/triplet.cmake"
        "-D_HOST_TRIPLET=${triplet}" "-DBUILDTREES_DIR=${scratch}/buildtrees" "-DPACKAGES_DIR=${scratch}/packages"
        "-DCURRENT_PACKAGES_DIR=${installed}/${triplet}" "-D_VCPKG_INSTALLED_DIR=${installed}"
        "-DDOWNLOADS=${scratch}/downloads" -DVCPKG_BASE_VERSION=2999-12-31 -DVCPKG_CONCURRENCY=2
        "-DGIT=${git}" "-DNINJA=${ninja}" "-DPKGCONFIG=${pkg-config}"
        "-DZ_VCPKG_CHAINLOAD_TOOLCHAIN_FILE=${vcpkg}/scripts/toolchains/linux.cmake"
        "-DVCPKG_PORT_CONFIGS=${scratch}/functions.cmake" -P "${vcpkg}/scripts/ports.cmake")
    foreach(file IN ITEMS copyright usage rlhfConfig.cmake)
        if(NOT EXISTS "${installed}/${triplet}/share/rlhf/${file}")
            message(FATAL_ERROR "${consumer}: the port installed no ${file}:\n${said}")
        endif()
    endforeach()
    if(EXISTS "${installed}/${triplet}/debug")
        message(FATAL_ERROR "${consumer}: the port installed something for debugging, which headers have none of:\n${said}")
    endif()
    if(said MATCHES "(warning|error): ")
        message(FATAL_ERROR "${consumer}: vcpkg complains of the port:\n${said}")
    endif()
    set(found "-Dversion=${version}" "-DCMAKE_TOOLCHAIN_FILE=${vcpkg}/scripts/buildsystems/vcpkg.cmake"
        -DVCPKG_MANIFEST_MODE=OFF "-D_VCPKG_INSTALLED_DIR=${installed}" "-DVCPKG_TARGET_TRIPLET=${triplet}" PARENT_SCOPE)
endfunction()

build_port(headers core)
if(EXISTS "${installed}/${triplet}/lib")
    message(FATAL_ERROR "${consumer}: the port installed libraries, which headers have none of")
endif()
set(of find_package)
configure(code ${found})
if(NOT said MATCHES "found ${installed}/${triplet}/share/rlhf/rlhfConfig.cmake")
    message(FATAL_ERROR "${consumer}: CMake should find the port, and says\n${said}")
endif()
configure_build_and_run(${found})

build_port(library "core\\;c") # one word in `step`
file(REMOVE_RECURSE "${scratch}/build")
configure_build_and_run(${found} -Dcomponents=c)
