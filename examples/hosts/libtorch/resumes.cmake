# SPDX-License-Identifier: MIT
# A run that stops and goes on from its checkpoint prints the same digits as a run without interruption.
cmake_minimum_required(VERSION 3.21)
set(ENV{OMP_NUM_THREADS} 1) # with more threads, torch may add in another order
set(checkpoint libtorch_${method}.pt)

function(train result)
    execute_process(COMMAND "${host}" --method ${method} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "step [^\n]*" steps "${text}")
    set(${result} "${steps}" PARENT_SCOPE)
endfunction()

train(whole --pretraining 20 --steps 6)
train(first --pretraining 20 --steps 3 --checkpoint ${checkpoint})
train(rest --resume ${checkpoint} --steps 6)
list(LENGTH rest length)
if(NOT length EQUAL 3 OR NOT whole STREQUAL "${first};${rest}")
    message(FATAL_ERROR "Without interruption:\n${whole}\nwith one:\n${first}\n${rest}")
endif()
message(STATUS "Resumed: ${rest}")
