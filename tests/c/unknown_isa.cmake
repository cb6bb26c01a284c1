# SPDX-License-Identifier: MIT
# An RLHF_ISA that names nothing: each call fails with a status and a sentence, and the program goes on.
execute_process(COMMAND "${CMAKE_COMMAND}" -E env RLHF_ISA=vax "${program}" OUTPUT_VARIABLE text RESULT_VARIABLE status)
if(NOT status EQUAL 77 OR NOT text MATCHES "rlhf: the environment variable RLHF_ISA is vax, expected one of [a-z0-9]")
    message(FATAL_ERROR "status ${status}:\n${text}")
endif()
