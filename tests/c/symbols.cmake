# SPDX-License-Identifier: MIT
# What the C library shows to those who link it: functions rlhf_…, and nothing of C++. A weak function of the standard
# library's templates would be merged with the namesakes of other objects, which are compiled for other processors. And
# what the library calls: nothing that allocates memory or starts a thread. (__cxa_allocate_exception belongs to errors.)
function(symbols_of library result)
    execute_process(COMMAND "${nm}" ${ARGN} "${library}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[0-9a-f]+ [A-Za-z] [^\n]+" lines "${text}")
    set(${result} "${lines}" PARENT_SCOPE)
endfunction()

set(complaints "")
symbols_of("${shared}" exported -D --defined-only)
list(LENGTH exported count)
list(FILTER exported EXCLUDE REGEX " T rlhf_[a-z_0-9]+$")
foreach(line IN LISTS exported)
    string(APPEND complaints "  the shared library exports ${line}\n")
endforeach()
if(count LESS 50)
    string(APPEND complaints "  the shared library exports ${count} functions\n")
endif()

execute_process(COMMAND "${nm}" -D --undefined-only "${shared}" OUTPUT_VARIABLE called COMMAND_ERROR_IS_FATAL ANY)
if(NOT called MATCHES " U __cxa_throw") # so that a list that is empty or reads otherwise does not pass
    string(APPEND complaints "  the shared library throws nothing, says nm\n")
endif()
string(REGEX MATCHALL
    " U (_Zn[wa]|malloc|calloc|realloc|[a-z_]*memalign|aligned_alloc|pthread_create|thrd_create|_ZNSt6thread)[^\n]*"
    forbidden "${called}")
foreach(line IN LISTS forbidden)
    string(APPEND complaints "  the shared library calls${line}, which allocates or starts a thread\n")
endforeach()

symbols_of("${static}" global -g --defined-only)
list(FILTER global EXCLUDE REGEX " T rlhf_[a-z_0-9]+$| [RD] rlhf_c_table_[a-z_0-9]+$| [VW] DW\\.ref\\.__gxx_personality_v0$")
foreach(line IN LISTS global)
    string(APPEND complaints "  the static library defines ${line}\n")
endforeach()
symbols_of("${static}" unique --defined-only)
list(FILTER unique INCLUDE REGEX " u ")
foreach(line IN LISTS unique)
    string(APPEND complaints "  the static library has the unique symbol ${line}\n")
endforeach()

if(complaints)
    message(FATAL_ERROR "Symbols of the C library:\n${complaints}")
endif()
message(STATUS "${count} functions, and nothing else")
