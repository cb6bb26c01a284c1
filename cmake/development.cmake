# SPDX-License-Identifier: MIT
# What tests, examples and benchmarks are compiled with; nothing of this reaches those who use the library.

# The first python3 on PATH, whose packages decide which tests there are; may be absent. It is looked for each time,
# since ./dev test puts an environment of its own before it.
find_program(RLHF_PYTHON python3 NO_CACHE)

# Warnings, and how the compiler works, without an instruction set.
add_library(rlhf_warnings INTERFACE)
target_link_libraries(rlhf_warnings INTERFACE rlhf)
if(MSVC)
    target_compile_options(rlhf_warnings INTERFACE /W4)
else()
    target_compile_options(rlhf_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
endif()
set(without_collection "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ collects garbage from 128 MB on, which takes a twelfth of a test's time and frees a tenth of its memory.
    set(without_collection --param=ggc-min-heapsize=1048576)
    target_compile_options(rlhf_warnings INTERFACE ${without_collection})
endif()

# Warnings and the instruction set of RLHF_MARCH.
add_library(rlhf_dev INTERFACE)
target_link_libraries(rlhf_dev INTERFACE rlhf_warnings)
if(RLHF_MARCH)
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag("-march=${RLHF_MARCH}" RLHF_MARCH_${RLHF_MARCH}_WORKS)
    if(RLHF_MARCH_${RLHF_MARCH}_WORKS)
        target_compile_options(rlhf_dev INTERFACE "-march=${RLHF_MARCH}")
    else()
        message(STATUS "The compiler does not know -march=${RLHF_MARCH}; its default is used")
    endif()
endif()

# Says which package brings a dependency of the development build, and which option does without it.
function(rlhf_require package apt option)
    find_package(${package} CONFIG QUIET)
    if(NOT ${package}_FOUND)
        find_package(${package} MODULE QUIET)
    endif()
    if(NOT ${package}_FOUND)
        message(FATAL_ERROR "${package} was not found. Install ${apt} (apt), or configure with -D${option}=OFF.")
    endif()
endfunction()

# g++ 12 warns of its own AVX-512 intrinsics wherever Eigen's products inline them, or precompiled headers have them.
# Who links the target gets its options, unless a second argument is PRIVATE.
function(rlhf_multiplies_by_eigen target)
    set(scope ${ARGN} PUBLIC)
    list(GET scope 0 scope)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        target_compile_options(${target} ${scope} -Wno-uninitialized -Wno-maybe-uninitialized)
    endif()
endfunction()

# rlhf_may_fuse(target): g++ may add a product by a fused multiply-add, as it does from -O2 on. No bit may depend on that.
function(rlhf_may_fuse target)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fexpensive-optimizations>)
endfunction()

# rlhf_use_compiled(target): what it calls as usual is code of rlhf::compiled, where that is built. The headers are
# parsed once for all such targets, by rlhf_parsed, or by the target itself if it has precompiled headers already. A target
# that links one of them links rlhf::compiled as well.
function(rlhf_use_compiled target)
    if(TARGET rlhf_compiled)
        target_link_libraries(${target} PUBLIC rlhf_compiled)
        rlhf_multiplies_by_eigen(${target})
        get_target_property(own_headers ${target} PRECOMPILE_HEADERS)
        if(own_headers)
            target_precompile_headers(${target} PRIVATE <rlhf/compiled.hpp>)
            return()
        endif()
        if(NOT TARGET rlhf_parsed)
            file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/parsed.cpp" CONTENT "// Nothing beside the headers.\n")
            add_library(rlhf_parsed STATIC "${PROJECT_BINARY_DIR}/parsed.cpp")
            target_link_libraries(rlhf_parsed PRIVATE rlhf_dev rlhf::eigen)
            rlhf_multiplies_by_eigen(rlhf_parsed)
            target_precompile_headers(rlhf_parsed PRIVATE <rlhf/compiled.hpp> <Eigen/Core>)
        endif()
        target_precompile_headers(${target} REUSE_FROM rlhf_parsed)
    endif()
endfunction()
