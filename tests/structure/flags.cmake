# SPDX-License-Identifier: MIT
# The headers under other people's flags. Run by ctest with -Dcompiler= -Dincludes= -Dscratch= -Dnm= -Dprocessor=
# and -Doptions= of the compiler.
#
# - without exceptions and run-time types; without xsimd (RLHF_NO_SIMD); at -O0; with -ffast-math where it is allowed
#   (tests/compile_fail refuses it elsewhere)
# - for a processor that xsimd does not know, where all is plain C++: -U__SSE2__ makes one of this; for RISC-V and ARM
#   where their g++ is installed. What makes no object here is instantiated all the same
# - every usual call for the instruction sets that this machine may not have: AVX2, AVX-512, and NEON with that g++
# - with the warnings that other projects make errors, and pedantic; for AVX-512, too, since g++ 12 warns of its own
#   intrinsics wherever they are inlined
# - two objects compiled for different instruction sets, or one of them with fast-math or without exceptions, share no
#   symbol of the library, so that the linker cannot hand one of them the other's code; every instruction set has a tag
# - a mistake is caught in a program that is linked with an object without exceptions, before or after
cmake_minimum_required(VERSION 3.21)
file(MAKE_DIRECTORY "${scratch}")
set(source "${CMAKE_CURRENT_LIST_DIR}/flags/losses.cpp")
set(every_call "${CMAKE_CURRENT_LIST_DIR}/flags/every_call.cpp")
list(TRANSFORM includes PREPEND "-idirafter" OUTPUT_VARIABLE system_includes)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
cmake_path(GET root PARENT_PATH root)

function(compile object)
    compile_with("${compiler}" ${object} ${options} ${ARGN})
endfunction()
function(compile_with compiler object)
    run("${compiler}" -DRLHF_TEST_NAME=${object} -c "${source}" -o "${scratch}/${object}.o" ${ARGN})
endfunction()
function(run compiler)
    execute_process(COMMAND "${compiler}" -std=c++20 "-I${root}/include" ${ARGN}
        RESULT_VARIABLE failed ERROR_VARIABLE message)
    if(failed)
        message(FATAL_ERROR "${compiler} ${ARGN}\n${message}")
    endif()
endfunction()

# What others compile with; g++ has one more.
set(all_warnings -pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Werror)
execute_process(COMMAND "${compiler}" -Wuseless-cast -E -x c++ /dev/null OUTPUT_QUIET ERROR_VARIABLE unknown)
if(NOT unknown)
    list(APPEND all_warnings -Wuseless-cast)
endif()

compile(plain -O1 ${all_warnings} ${system_includes})
compile(without_exceptions -O0 -fno-exceptions -fno-rtti ${system_includes})
compile(without_xsimd -fsyntax-only -DRLHF_NO_SIMD)
compile(fast_math -O0 -ffast-math -DRLHF_ALLOW_FAST_MATH ${system_includes})

foreach(other IN ITEMS riscv64 aarch64)
    find_program(${other}_compiler ${other}-linux-gnu-g++)
    if(${other}_compiler)
        compile_with("${${other}_compiler}" ${other} -fsyntax-only ${system_includes})
        run("${${other}_compiler}" -fsyntax-only "${every_call}" ${system_includes})
    endif()
endforeach()

if(processor MATCHES "x86_64|AMD64")
    compile(unknown_processor -fsyntax-only -U__SSE2__ ${system_includes})
    run("${compiler}" ${options} -fsyntax-only -march=x86-64-v3 "${every_call}" ${system_includes})
    run("${compiler}" ${options} -fsyntax-only -march=x86-64-v4 "${every_call}" ${system_includes})
    compile(avx512 -O2 -march=x86-64-v4 ${all_warnings} ${system_includes})
endif()

# The symbols of the library that an object defines.
function(symbols_of object result)
    execute_process(COMMAND "${nm}" --defined-only "${scratch}/${object}.o" OUTPUT_VARIABLE symbols
        COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[WVuT] [^\n]*rlhf[^\n]*" symbols "${symbols}")
    list(LENGTH symbols total)
    if(total LESS 10)
        message(FATAL_ERROR "nm shows ${total} symbols of the library: this test looks in the wrong place")
    endif()
    set(${result} "${symbols}" PARENT_SCOPE)
endfunction()

function(share_no_symbol one other)
    symbols_of(${one} ones)
    symbols_of(${other} others)
    set(shared "")
    foreach(symbol IN LISTS ones)
        if(symbol IN_LIST others)
            string(APPEND shared "  ${symbol}\n")
        endif()
    endforeach()
    if(shared)
        message(FATAL_ERROR "Objects ${one} and ${other} share symbols:\n${shared}")
    endif()
endfunction()

if(nm)
    share_no_symbol(plain fast_math)
    share_no_symbol(plain without_exceptions)
    if(processor MATCHES "x86_64|AMD64")
        share_no_symbol(plain avx512)
    endif()
endif()

# Every instruction set has a tag of its own.
if(processor MATCHES "x86_64|AMD64")
    file(WRITE "${scratch}/tag.cpp" "#include <rlhf/config.hpp>\nRLHF_ABI\n")
    set(tags "")
    foreach(flags IN ITEMS -msse2 -msse4.2 -mavx -mavx2 "-mavx2 -mfma" -mavx512f -mavx512bw -mavx512vbmi2)
        separate_arguments(flags)
        execute_process(COMMAND "${compiler}" -std=c++20 ${flags} "-I${root}/include" -E -P "${scratch}/tag.cpp"
            OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
        string(REGEX MATCH "v[0-9_]+[a-z0-9_]+$" tag "${text}")
        if(NOT tag OR tag IN_LIST tags)
            message(FATAL_ERROR "${flags}: the tag '${tag}' is none, or another instruction set's: ${tags}")
        endif()
        list(APPEND tags "${tag}")
    endforeach()
endif()

set(source "${CMAKE_CURRENT_LIST_DIR}/flags/caught.cpp")
compile(caught -O0 ${system_includes})
foreach(order IN ITEMS "caught without_exceptions" "without_exceptions caught")
    string(REPLACE " " ".o;${scratch}/" objects "${scratch}/${order}.o")
    execute_process(COMMAND "${compiler}" ${objects} -o "${scratch}/caught" COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${scratch}/caught" RESULT_VARIABLE ended ERROR_VARIABLE message)
    if(NOT ended EQUAL 0)
        message(FATAL_ERROR "Linked as ${order}, a mistake is not caught: ${ended}\n${message}")
    endif()
endforeach()
