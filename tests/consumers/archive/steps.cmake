# SPDX-License-Identifier: MIT
# What a release needs of the tree, packed: it installs, and is found.
tool_or_skip(git)
execute_process(COMMAND "${git}" archive --format=tar.gz --prefix=rlhf/ -o "${scratch}/rlhf.tar.gz" HEAD
    CMakeLists.txt LICENSE cmake include WORKING_DIRECTORY "${project}" RESULT_VARIABLE code ERROR_VARIABLE said)
if(NOT code EQUAL 0)
    message("skipped: git archive says ${said}")
    return()
endif()
file(SIZE "${scratch}/rlhf.tar.gz" bytes)
if(bytes GREATER 400000)
    message(FATAL_ERROR "${consumer}: the headers weigh ${bytes} bytes")
endif()
file(ARCHIVE_EXTRACT INPUT "${scratch}/rlhf.tar.gz" DESTINATION "${scratch}")
step("configuring" "${CMAKE_COMMAND}" -S "${scratch}/rlhf" -B "${scratch}/install" -G "${generator}"
    "-DCMAKE_CXX_COMPILER=${compiler}")
step("installing" "${CMAKE_COMMAND}" --install "${scratch}/install" --prefix "${scratch}/prefix")
set(of find_package)
configure_build_and_run("-Dversion=${version}")
