# SPDX-License-Identifier: MIT
# All bundles as one file, instead of the header that examples/quickstart.cpp includes: it prints the same numbers.
tool_or_skip(python3)
file(MAKE_DIRECTORY "${scratch}/include/rlhf")
foreach(file IN ITEMS rlhf/ppo.hpp again.hpp)
    execute_process(COMMAND "${python3}" "${project}/tools/single_header/single_header.py" rlhf.hpp
        OUTPUT_FILE "${scratch}/include/${file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
step("comparing two runs" "${CMAKE_COMMAND}" -E compare_files
    "${scratch}/include/rlhf/ppo.hpp" "${scratch}/include/again.hpp")
step("compiling" "${compiler}" -std=c++20 "-I${scratch}/include" "${project}/examples/quickstart.cpp"
    -o "${scratch}/quickstart")
step("running" "${scratch}/quickstart")
if(NOT said STREQUAL "loss -0.338745  clip fraction 0.500
  0.000000 -0.068228  0.000000  0.033333
  0.000000 -0.110517  0.000000  0.000000
")
    message(FATAL_ERROR "${consumer}: quickstart says\n${said}")
endif()
