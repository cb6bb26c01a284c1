# SPDX-License-Identifier: MIT
# Compiles one program of this folder and looks for the sentence that its author should read.
#
#   // expect: sentence            what every compiler must print while it refuses the program
#   // expect clang: sentence      for that compiler alone (gcc, clang)
#   // flags: -std=c++17           instead of -std=c++20
#
# A program without such a line must compile. Fields out of order are an error for g++ and a warning for clang, which
# is asked to make it one.
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

file(STRINGS "${source}" lines REGEX "^// expect( ${family})?: ")
list(TRANSFORM includes PREPEND -I)
set(flags -std=c++20)
file(STRINGS "${source}" own_flags REGEX "^// flags: ")
if(own_flags)
    string(REPLACE "// flags: " "" flags "${own_flags}")
    separate_arguments(flags UNIX_COMMAND "${flags}")
endif()
execute_process(COMMAND "${compiler}" ${flags} -fsyntax-only ${extra} ${includes} "${source}"
    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)

if(NOT lines)
    if(NOT code EQUAL 0)
        message("${said}")
        message(FATAL_ERROR "${source} should compile, and says the above")
    endif()
    return()
endif()
if(code EQUAL 0)
    message(FATAL_ERROR "${source} should not compile, and does")
endif()
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^// expect[^:]*: " "" sentence "${line}")
    string(FIND "${said}" "${sentence}" found)
    if(found LESS 0)
        message("${said}")
        message(FATAL_ERROR "${source} is refused, but the above lacks the sentence\n  ${sentence}")
    endif()
endforeach()
