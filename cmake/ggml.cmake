# SPDX-License-Identifier: MIT
# Finds ggml: where CMAKE_PREFIX_PATH or ggml_DIR lead, else in the package libggml-python of RLHF_PYTHON.
set(ggml_of_python "")
if(RLHF_PYTHON)
    execute_process(COMMAND "${RLHF_PYTHON}" -c "import libggml; print(libggml.__path__[0])"
        OUTPUT_VARIABLE ggml_of_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_package(ggml QUIET CONFIG PATHS "${ggml_of_python}/lib/cmake" "${ggml_of_python}/lib64/cmake")
