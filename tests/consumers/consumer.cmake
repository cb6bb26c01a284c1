# SPDX-License-Identifier: MIT
# Uses the library as other projects do: installed and found, found by pkg-config, or as a subdirectory. What needs a
# tool of its own is in the folder of that name.
# Arguments: consumer, project, build, scratch, version, compiler, generator, prefixes, march.
cmake_minimum_required(VERSION 3.21)
file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}")
set(sources "${project}/tests/consumers")

function(step what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT code EQUAL 0)
        message("${said}")
        message(FATAL_ERROR "${consumer}: ${what} failed, with the output above")
    endif()
    set(said "${said}" PARENT_SCOPE)
endfunction()

# Installed in one place and moved to another: the package must not remember where it was.
function(install_and_move)
    step("installing" "${CMAKE_COMMAND}" --install "${build}" --prefix "${scratch}/first")
    file(RENAME "${scratch}/first" "${scratch}/prefix")
endfunction()

# The folder of the project that is configured.
set(of "${consumer}")
function(configure result)
    execute_process(COMMAND "${CMAKE_COMMAND}" -S "${sources}/${of}" -B "${scratch}/build" -G "${generator}"
        "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_PREFIX_PATH=${scratch}/prefix;${prefixes}" ${ARGN}
        RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    set(${result} ${code} PARENT_SCOPE)
    set(said "${said}" PARENT_SCOPE)
endfunction()

function(must_configure)
    configure(code ${ARGN})
    if(NOT code EQUAL 0)
        message("${said}")
        message(FATAL_ERROR "${consumer}: configuring failed, with the output above")
    endif()
endfunction()

function(configure_build_and_run)
    must_configure(${ARGN})
    step("building" "${CMAKE_COMMAND}" --build "${scratch}/build")
    step("running" "${scratch}/build/plain")
    if(EXISTS "${scratch}/build/with_eigen")
        step("running" "${scratch}/build/with_eigen")
    endif()
endfunction()

# Finds a program, whose path then has its name, or ends the test.
macro(tool_or_skip program)
    find_program(${program} ${program})
    if(NOT ${program})
        message("skipped: ${program} is not there")
        return()
    endif()
endmacro()

function(expect_refusal sentence)
    configure(code ${ARGN})
    string(REGEX REPLACE "[ \n]+" " " said "${said}")
    string(FIND "${said}" "${sentence}" found)
    if(code EQUAL 0 OR found LESS 0)
        message("${said}")
        message(FATAL_ERROR "${consumer}: ${ARGN} should fail with '${sentence}', and says the above")
    endif()
endfunction()

if(consumer STREQUAL "find_package")
    install_and_move()
    expect_refusal("rlhf needs xsimd 8.1 or newer" "-Dversion=${version}" -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON)
    expect_refusal("rlhf::eigen needs Eigen 3.4 or newer" "-Dversion=${version}" -Dcomponents=eigen
        -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=OFF -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
    expect_refusal("compatible with requested version" -Dversion=99.0 -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=OFF)
    configure_build_and_run("-Dversion=${version}" -Dcomponents=eigen)
elseif(consumer STREQUAL "compiled")
    install_and_move()
    set(arguments "-Dversion=${version}" "-Dmarch=${march}")
    must_configure(${arguments} -Dwith_library=ON)
    step("building" "${CMAKE_COMMAND}" --build "${scratch}/build")
    step("running" "${scratch}/build/compiled")
    configure(code ${arguments} -Dwith_library=OFF) # the code is nowhere else
    execute_process(COMMAND "${CMAKE_COMMAND}" --build "${scratch}/build" RESULT_VARIABLE code OUTPUT_VARIABLE said
        ERROR_VARIABLE said)
    if(code EQUAL 0 OR NOT said MATCHES "rlhf::[a-z0-9_]+::gae")
        message(FATAL_ERROR "${consumer}: without the library the linker should miss gae, and says:\n${said}")
    endif()
elseif(consumer STREQUAL "add_subdirectory")
    configure_build_and_run("-Dproject=${project}")
elseif(consumer STREQUAL "no_options") # headers are installed where nothing else is
    step("configuring" "${CMAKE_COMMAND}" -S "${project}" -B "${scratch}/build" -G "${generator}"
        "-DCMAKE_CXX_COMPILER=${compiler}" -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
    step("installing" "${CMAKE_COMMAND}" --install "${scratch}/build" --prefix "${scratch}/prefix")
    foreach(file IN ITEMS include/rlhf/rlhf.hpp share/cmake/rlhf/rlhfConfig.cmake share/doc/rlhf/LICENSE)
        if(NOT EXISTS "${scratch}/prefix/${file}")
            message(FATAL_ERROR "${consumer}: ${file} was not installed")
        endif()
    endforeach()
elseif(consumer STREQUAL "no_simd") # by a library that installs what links rlhf, without xsimd
    configure_build_and_run("-Dproject=${project}" -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON)
    step("installing" "${CMAKE_COMMAND}" --install "${scratch}/build" --prefix "${scratch}/prefix")
elseif(consumer STREQUAL "pkg_config")
    tool_or_skip(pkg-config)
    install_and_move()
    set(ENV{PKG_CONFIG_PATH} "${scratch}/prefix/share/pkgconfig:$ENV{PKG_CONFIG_PATH}")
    step("asking for the version" "${pkg-config}" --modversion rlhf)
    string(STRIP "${said}" said)
    if(NOT said STREQUAL version)
        message(FATAL_ERROR "pkg-config says ${said}, expected ${version}")
    endif()
    step("asking for the flags" "${pkg-config}" --cflags rlhf)
    separate_arguments(flags UNIX_COMMAND "${said}")
    step("compiling" "${compiler}" -std=c++20 -O1 ${flags} "${sources}/plain.cpp" -o "${scratch}/plain")
    step("running" "${scratch}/plain")
else()
    include("${sources}/${consumer}/steps.cmake")
endif()
