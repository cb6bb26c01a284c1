# SPDX-License-Identifier: MIT
# What is no checkpoint, or is broken, is one sentence with the file's name, and 1 at the end. Arguments: host, python
# (which makes torch's other files, where it has torch).
cmake_minimum_required(VERSION 3.21)

function(refuse problem)
    execute_process(COMMAND "${host}" ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE error)
    if(NOT code EQUAL 1 OR NOT error MATCHES "^host_libtorch: [^\n]*${problem}[^\n]*\n$" OR said)
        message(FATAL_ERROR "host_libtorch ${ARGN} should say \"${problem}\", ends with ${code} and says\n${said}${error}")
    endif()
    message(STATUS "${error}")
endfunction()

set(ENV{OMP_NUM_THREADS} 1)
execute_process(COMMAND "${host}" --pretraining 0 --steps 0 --checkpoint libtorch_whole.pt OUTPUT_QUIET
    COMMAND_ERROR_IS_FATAL ANY)
file(WRITE libtorch_empty.pt "")
file(WRITE libtorch_text.pt "This is text, long enough that it might be an archive of some kind.\n")
file(SIZE libtorch_whole.pt size)
math(EXPR half "${size} / 2")
execute_process(COMMAND head -c ${half} libtorch_whole.pt OUTPUT_FILE libtorch_cut.pt COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE libtorch_missing.pt)
set(files missing empty text cut)
execute_process(COMMAND "${python}" -c "
import torch
torch.save(torch.nn.Linear(2, 2).state_dict(), 'libtorch_dictionary.pt')
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), 'libtorch_other.pt')
m = torch.jit.load('libtorch_whole.pt')
m.policy.words.weight = torch.zeros(7, 64)
torch.jit.save(m, 'libtorch_size.pt')
" RESULT_VARIABLE code ERROR_VARIABLE error)
if(code EQUAL 0)
    list(APPEND files dictionary other size)
else()
    message(STATUS "Without Python's torch: ${error}")
endif()
foreach(file IN LISTS files)
    refuse("libtorch_${file}.pt cannot be read as a checkpoint of this program: " --resume libtorch_${file}.pt)
endforeach()
refuse("nowhere/x.pt cannot be written" --checkpoint nowhere/x.pt)
