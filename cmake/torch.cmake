# SPDX-License-Identifier: MIT
# Finds libtorch: Torch_FOUND and TORCH_LIBRARIES. It is where CMAKE_PREFIX_PATH leads to it, or where a Python has the
# package torch.
execute_process(COMMAND "${RLHF_PYTHON}" -c "import torch; print(torch.utils.cmake_prefix_path)"
    OUTPUT_VARIABLE torch_of_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(CMAKE_MESSAGE_LOG_LEVEL ERROR) # it warns of parts that are not there
find_package(Torch QUIET PATHS "${torch_of_python}")
unset(CMAKE_MESSAGE_LOG_LEVEL)
