# SPDX-License-Identifier: MIT
# Fails unless `program`, with its arguments, prints what the file `expected` has.
execute_process(COMMAND ${program} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
file(READ "${expected}" text)
if(NOT result STREQUAL 0)
    message(FATAL_ERROR "${program} ended with ${result}")
elseif(NOT printed STREQUAL text)
    message(FATAL_ERROR "It prints something else than ${expected}, which pages show. If that is right: ${program} > "
        "${expected}\n${printed}")
endif()
