# SPDX-License-Identifier: MIT
# Read by CMakeLists.txt when RLHF_FETCH_DEPS is on and something was not found. Clears the problems it solves.
if(CMAKE_VERSION VERSION_LESS 3.25)
    message(FATAL_ERROR "RLHF_FETCH_DEPS needs CMake 3.25 or newer. Install libxsimd-dev and libeigen3-dev instead.")
endif()
include(FetchContent)

if(xsimd_problem)
    FetchContent_Declare(xsimd SYSTEM
        URL https://github.com/xtensor-stack/xsimd/archive/refs/tags/14.3.0.tar.gz
        URL_HASH SHA256=b3d50e7a73fbf4642ceef30131c93414901d69eee41c2a5302db650b03e2c792)
    FetchContent_MakeAvailable(xsimd)
    set(xsimd_problem "")
endif()
if(eigen_problem)
    # Eigen's own build adds tests and documentation: the headers are all that is wanted.
    FetchContent_Declare(eigen SYSTEM SOURCE_SUBDIR none
        URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2
        URL_HASH SHA256=b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626)
    FetchContent_MakeAvailable(eigen)
    add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
    target_include_directories(Eigen3::Eigen SYSTEM INTERFACE "${eigen_SOURCE_DIR}")
    set(eigen_problem "")
endif()
