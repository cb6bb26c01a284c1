# SPDX-License-Identifier: MIT
# Compiles one program of this folder and looks for the sentence that its author should read.
#
#   // expect: sentence            what every compiler must print while it refuses the program
#   // expect clang: sentence      for that compiler alone (gcc, clang)
#   // flags: -f...                 with which it is compiled, after -std=c++20; of several lines, with each of them
#   // flags clang: -f...           for that compiler alone
#
# A program without such a line must compile. Fields out of order are an error for g++ and a warning for clang, which
# is asked to make it one.
#
# Without -Dsource= it parses the headers that the programs include, into -Dscratch= . Programs with flags of their own
# do without.
cmake_minimum_required(VERSION 3.21)

set(ENV{LC_ALL} C) # plain quotes in the messages
execute_process(COMMAND "${compiler}" --version OUTPUT_VARIABLE compiler_says)
if(compiler_says MATCHES "clang")
    set(family clang)
    set(extra -Werror=reorder-init-list)
else()
    set(family gcc)
    set(extra "")
endif()

list(TRANSFORM includes PREPEND -I)
set(headers "${scratch}/headers.hpp")
if(NOT source)
    file(WRITE "${headers}" "#include \"${CMAKE_CURRENT_LIST_DIR}/given.hpp\"\n#include <rlhf/rlhf.hpp>\n")
    execute_process(COMMAND "${compiler}" -std=c++20 ${includes} -x c++-header "${headers}" -o "${headers}.gch"
        COMMAND_ERROR_IS_FATAL ANY)
    return()
endif()

file(STRINGS "${source}" lines REGEX "^// expect( ${family})?: ")
file(STRINGS "${source}" flags REGEX "^// flags( ${family})?: ")
list(TRANSFORM flags REPLACE "^// flags[^:]*: " "")
if(NOT flags)
    set(flags "-include \"${headers}\"")
endif()

foreach(some IN LISTS flags)
    separate_arguments(words UNIX_COMMAND "${some}")
    execute_process(COMMAND "${compiler}" -std=c++20 -fsyntax-only ${extra} ${words} ${includes} "${source}"
        RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT lines)
        if(NOT code EQUAL 0)
            message("${said}")
            message(FATAL_ERROR "${source} should compile ${some}, and says the above")
        endif()
        continue()
    endif()
    if(code EQUAL 0)
        message(FATAL_ERROR "${source} should not compile ${some}, and does")
    endif()
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^// expect[^:]*: " "" sentence "${line}")
        string(FIND "${said}" "${sentence}" found)
        if(found LESS 0)
            message("${said}")
            message(FATAL_ERROR "${source} does not compile ${some}, but the above lacks the sentence\n  ${sentence}")
        endif()
    endforeach()
endforeach()
