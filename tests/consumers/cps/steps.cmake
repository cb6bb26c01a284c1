# SPDX-License-Identifier: MIT
# Without xsimd, CMake from 4.3 on finds the package by CPS. Components, which CPS does not have, are found as before.
if(CMAKE_VERSION VERSION_LESS 4.3) # PyPI has a newer one
    tool_or_skip(python3)
    execute_process(COMMAND "${python3}" -m venv "${scratch}/environment" RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
    execute_process(COMMAND "${scratch}/environment/bin/pip" install --quiet --retries 1 "cmake>=4.3"
        RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
    if(NOT code EQUAL 0)
        message("skipped: CPS needs CMake 4.3, this is ${CMAKE_VERSION}, and pip cannot install another one")
        return()
    endif()
    set(CMAKE_COMMAND "${scratch}/environment/bin/cmake")
endif()
step("configuring" "${CMAKE_COMMAND}" -S "${project}" -B "${scratch}/install" -G "${generator}"
    "-DCMAKE_CXX_COMPILER=${compiler}" -DRLHF_NO_SIMD=ON)
step("installing" "${CMAKE_COMMAND}" --install "${scratch}/install" --prefix "${scratch}/prefix")
set(of find_package)
function(expect_found file)
    file(REMOVE_RECURSE "${scratch}/build")
    configure(code "-Dversion=${version}" ${ARGN})
    if(NOT said MATCHES "found [^\n]*/${file}")
        message(FATAL_ERROR "${consumer}: CMake should find ${file}, and says\n${said}")
    endif()
endfunction()
expect_found(rlhfConfig.cmake -Dcomponents=eigen)
expect_found(rlhf.cps)
expect_refusal("compatible with requested version" -Dversion=0.0)
configure_build_and_run("-Dversion=${version}")
