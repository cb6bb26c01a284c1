# SPDX-License-Identifier: MIT
# What the headers weigh. Run by ctest with -Dcompiler= -Dincludes= -Dscratch= -Dnm= -Dprocessor= .
#
# - preprocessed, rlhf/ppo.hpp has at most 18,900 lines more than xsimd/xsimd.hpp, for the default instruction set and
#   for the set of this machine; all formulas together have at most 30,000 and nothing of xsimd
# - a call of a public function makes at most 6 sweeps for an element type and an Arch; calls.cpp has them all
# - a call has at most so many kilobytes of code of its own as calls.cpp says beside it, which is what most of its time
#   to compile is spent on: plain C++ at -O0, where a body that is inlined counts once per place and nothing depends on
#   the processor
#
# Lines are those that -E gives, blank ones and line markers with them.
cmake_minimum_required(VERSION 3.21)
set(most_lines_above_xsimd 18900)
set(most_lines_of_formulas 30000)
set(most_sweeps 6)
include("${CMAKE_CURRENT_LIST_DIR}/rooms.cmake")
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
cmake_path(GET root PARENT_PATH root)
file(MAKE_DIRECTORY "${scratch}")
list(TRANSFORM includes PREPEND "-idirafter" OUTPUT_VARIABLE system_includes)

set(complaints "")
function(complain)
    string(CONCAT text ${ARGN})
    set(complaints "${complaints}  ${text}\n" PARENT_SCOPE)
endfunction()

# ---- lines --------------------------------------------------------------------------------------------------------

# The number of lines of preprocessed headers, a list, and in from_xsimd whether some are xsimd's.
function(lines_of headers result from_xsimd)
    list(TRANSFORM headers REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE text)
    string(CONCAT text ${text})
    file(WRITE "${scratch}/header.cpp" "${text}")
    execute_process(COMMAND "${compiler}" -std=c++20 ${ARGN} "-I${root}/include" ${system_includes} -E
            "${scratch}/header.cpp"
        OUTPUT_VARIABLE text ERROR_VARIABLE message RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "${compiler} -E of ${headers}\n${message}")
    endif()
    string(LENGTH "${text}" all)
    string(FIND "${text}" "/xsimd/" place)
    string(REPLACE "\n" "" text "${text}")
    string(LENGTH "${text}" without_ends)
    math(EXPR lines "${all} - ${without_ends}")
    set(${result} ${lines} PARENT_SCOPE)
    if(place LESS 0)
        set(${from_xsimd} FALSE PARENT_SCOPE)
    else()
        set(${from_xsimd} TRUE PARENT_SCOPE)
    endif()
endfunction()

set(instruction_sets "default")
if(processor MATCHES "x86_64|AMD64")
    list(APPEND instruction_sets "-march=native")
endif()
foreach(flag IN LISTS instruction_sets)
    string(REGEX REPLACE "^default$" "" option "${flag}")
    lines_of(xsimd/xsimd.hpp of_xsimd seen ${option})
    lines_of(rlhf/ppo.hpp of_ppo seen ${option})
    math(EXPR most "${of_xsimd} + ${most_lines_above_xsimd}")
    if(of_ppo GREATER most)
        complain("${flag}: rlhf/ppo.hpp has ${of_ppo} lines, expected at most xsimd's ${of_xsimd} + "
            "${most_lines_above_xsimd}: which standard headers are new?")
    endif()
    if(NOT seen)
        complain("no line of rlhf/ppo.hpp comes from xsimd: this test looks in the wrong place")
    endif()
endforeach()

file(GLOB formulas RELATIVE "${root}/include" "${root}/include/rlhf/formula/*.hpp")
lines_of("${formulas}" lines seen)
if(lines GREATER most_lines_of_formulas)
    complain("the formulas have ${lines} lines, expected at most ${most_lines_of_formulas}: which standard headers "
        "are new?")
endif()
if(seen)
    complain("a formula includes xsimd: it knows one lane and not which")
endif()

# ---- sweeps -------------------------------------------------------------------------------------------------------

# weight/rlhf/executor.hpp stands before the library's and leaves a symbol for each body that is handed to an executor. A
# sweep is an instantiation of the class, or of the function, that does so; it may have several passes.
execute_process(COMMAND "${compiler}" -std=c++20 -O0 -DRLHF_NO_SIMD "-I${CMAKE_CURRENT_LIST_DIR}/weight"
        "-I${root}/include" -c "${CMAKE_CURRENT_LIST_DIR}/weight/calls.cpp" -o "${scratch}/calls.o"
    ERROR_VARIABLE message RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${compiler} of tests/structure/weight/calls.cpp\n${message}")
endif()
execute_process(COMMAND "${nm}" -C -S --defined-only "${scratch}/calls.o" OUTPUT_VARIABLE symbols
    COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[][]" "|" symbols "${symbols}") # brackets are special in lists
string(REGEX MATCHALL "one_sweep<[^\n]*" sweeps "${symbols}")
list(TRANSFORM sweeps REPLACE "{lambda[^{}]*}>[(][)]$" "") # the body's own name
list(TRANSFORM sweeps REPLACE "::(operator[(][)]|[a-z_]+)[(][^()]*[)]( const)?::$" "") # and the member function's
list(REMOVE_DUPLICATES sweeps)

function(check_sweeps name)
    list(LENGTH ARGN count)
    if(count GREATER most_sweeps)
        complain("${name} makes ${count} sweeps, expected at most ${most_sweeps}: what only changes a number is a number")
        set(complaints "${complaints}" PARENT_SCOPE)
    endif()
endfunction()

file(READ "${CMAKE_CURRENT_LIST_DIR}/weight/calls.cpp" text)
string(REGEX MATCHALL "call_of_[a-z_]+(, [0-9]+)?" calls "${text}") # each with its kilobytes
list(TRANSFORM calls REPLACE "call_of_" "")
set(others "${sweeps}")
foreach(call IN LISTS calls)
    string(REGEX REPLACE ",.*" "" name "${call}")
    set(own "${sweeps}")
    list(FILTER own INCLUDE REGEX "call_of_${name},")
    list(FILTER others EXCLUDE REGEX "call_of_${name},")
    check_sweeps(${name} ${own})
endforeach()
check_sweeps("calls without an Arch" ${others})

# ---- code ---------------------------------------------------------------------------------------------------------

# A line of nm is "address size kind name"; both numbers have 16 digits.
function(check_code name limit)
    string(REGEX MATCHALL "\n[0-9a-f]+ [0-9a-f]+ [tTwWuV] [^\n]*call_of_${name}," own "${symbols}")
    set(bytes 0)
    foreach(symbol IN LISTS own)
        string(REGEX REPLACE "^\n[0-9a-f]+ ([0-9a-f]+) .*" "0x\\1" size "${symbol}")
        math(EXPR bytes "${bytes} + ${size}")
    endforeach()
    math(EXPR kilobytes "(${bytes} + 999) / 1000")
    if(bytes EQUAL 0)
        complain("${name} has no code: this test looks in the wrong place")
    elseif(NOT limit)
        complain("calls.cpp gives ${name} no limit of its code, which has ${kilobytes} kB: write "
            "arch_of<struct call_of_${name}, kilobytes>")
    elseif(kilobytes GREATER limit)
        complain("${name} has ${kilobytes} kB of code, expected at most ${limit}: which body is inlined more than once?")
    endif()
    math(EXPR kilobytes_in_all "${kilobytes_in_all} + ${kilobytes}")
    set(kilobytes_in_all ${kilobytes_in_all} PARENT_SCOPE)
    set(complaints "${complaints}" PARENT_SCOPE)
endfunction()

set(kilobytes_in_all 0)
foreach(call IN LISTS calls)
    string(REGEX MATCH "^([a-z_]+)(, )?([0-9]*)$" call "${call}")
    check_code(${CMAKE_MATCH_1} "${CMAKE_MATCH_3}")
endforeach()

list(LENGTH calls calls_in_all)
list(LENGTH sweeps sweeps_in_all)
if(sweeps_in_all LESS calls_in_all)
    complain("${calls_in_all} calls make ${sweeps_in_all} sweeps: this test looks in the wrong place")
endif()

file(GLOB_RECURSE headers RELATIVE "${root}/include/rlhf" "${root}/include/rlhf/*.hpp")
foreach(header IN LISTS headers)
    has_function("${header}" public)
    cmake_path(GET header STEM stem)
    if(public AND NOT header IN_LIST numbers_only AND NOT text MATCHES "call_of_${stem}[,>]")
        complain("tests/structure/weight/calls.cpp does not call ${stem} with "
            "arch_of<struct call_of_${stem}, kilobytes>")
    endif()
endforeach()

if(complaints)
    message(FATAL_ERROR "What the headers weigh:\n${complaints}")
endif()
math(EXPR lines "${of_ppo} - ${of_xsimd}")
message(STATUS "What the headers weigh: ${lines} lines above xsimd, ${calls_in_all} calls, ${sweeps_in_all} sweeps, "
    "${kilobytes_in_all} kB of code")
