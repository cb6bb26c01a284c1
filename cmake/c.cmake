# SPDX-License-Identifier: MIT
# rlhf::c (shared) and rlhf::c_static, the C interface: its code once for each instruction set of RLHF_C_ISAS, and the
# choice among them at run time. Programs link it without any option.
#
# The compiler makes weak functions of the standard library's templates, in the instructions of the file that needs
# them, and a linker keeps one of several. So that no AVX-512 gets into what every machine runs, the objects of one
# instruction set become one object, whose only global symbol is the table of its functions (DESIGN.md, D45).
string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
set(RLHF_C_ISAS_DEFAULT "")
if(processor MATCHES "^(x86_64|amd64)$" AND CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" AND CMAKE_SIZEOF_VOID_P EQUAL 8
        AND (NOT development OR RLHF_TEST_ALL)) # other tests take what rlhf::compiled has already
    set(RLHF_C_ISAS_DEFAULT "x86-64;x86-64-v3;x86-64-v4")
endif()
set(RLHF_C_ISAS "${RLHF_C_ISAS_DEFAULT}" CACHE STRING
    "-march= of rlhf::c, the best one last; empty for one instruction set, by the compiler's flags")

list(LENGTH RLHF_C_ISAS isas)
if(isas GREATER 1 AND NOT (CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" AND CMAKE_OBJCOPY))
    message(FATAL_ERROR "Several instruction sets in one rlhf::c need GNU binutils: name one of RLHF_C_ISAS, or none.")
endif()

# rlhf_c_join(result name kept objects...): the objects as one, whose global symbols are those that `kept` matches.
function(rlhf_c_join result name kept)
    set(objects ${ARGN})
    if(CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" AND CMAKE_OBJCOPY)
        set(joined "${CMAKE_CURRENT_BINARY_DIR}/c/${name}.o")
        add_custom_command(OUTPUT "${joined}"
            COMMAND "${CMAKE_LINKER}" -r --force-group-allocation -o "${joined}" ${objects}
            COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=${kept}" "${joined}"
            DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM)
        set_source_files_properties("${joined}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
        set(objects "${joined}")
    endif()
    set(${result} "${objects}" PARENT_SCOPE)
endfunction()

# rlhf_c_objects(result name isa targets...): the code of C for one instruction set, with the objects of the targets
# that have the lists of compiled.hpp for the same one. `isa` is its name at run time, or empty for the compiler's own
# word.
function(rlhf_c_objects result name isa)
    set(defines "")
    if(isa)
        set(defines "#define RLHF_C_TABLE rlhf_c_table_${name}\n#define RLHF_C_ISA \"${isa}\"\n")
    endif()
    file(CONFIGURE OUTPUT "c/${name}.cpp" CONTENT
        "#include <rlhf/compiled.hpp>\n${defines}#include <rlhf/c/glue/code.hpp>\n")
    add_library(rlhf_c_${name} OBJECT "${CMAKE_CURRENT_BINARY_DIR}/c/${name}.cpp")
    target_link_libraries(rlhf_c_${name} PRIVATE rlhf)
    rlhf_c_flags(rlhf_c_${name})
    set(objects "$<TARGET_OBJECTS:rlhf_c_${name}>")
    foreach(more IN LISTS ARGN)
        list(APPEND objects "$<FILTER:$<TARGET_OBJECTS:${more}>,EXCLUDE,[.][gp]ch$>") # precompiled headers count as objects
    endforeach()
    rlhf_c_join(objects "${name}" "rlhf_c_table_*" ${objects})
    set(${result} "${objects}" PARENT_SCOPE)
endfunction()

function(rlhf_c_flags target)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON)
    rlhf_c_no_unique_symbols(${target})
endfunction()

# objcopy cannot make them local.
function(rlhf_c_no_unique_symbols target)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fno-gnu-unique)
    endif()
endfunction()

# The lists of compiled.hpp for one instruction set, as rlhf_c_lists_<name>.
function(rlhf_c_lists name)
    add_library(rlhf_c_lists_${name} OBJECT ${compiled_sources})
    target_link_libraries(rlhf_c_lists_${name} PRIVATE rlhf)
    target_compile_options(rlhf_c_lists_${name} PRIVATE ${ARGN})
    rlhf_c_flags(rlhf_c_lists_${name})
endfunction()

set(code "")
set(tables "")
set(compiled_first rlhf_c_entries) # Make does not see from their objects alone that these targets come first
foreach(isa IN LISTS RLHF_C_ISAS)
    string(MAKE_C_IDENTIFIER "${isa}" name)
    rlhf_c_lists(${name} "-march=${isa}")
    rlhf_c_objects(objects ${name} ${isa} rlhf_c_lists_${name})
    list(APPEND compiled_first rlhf_c_${name} rlhf_c_lists_${name})
    target_compile_options(rlhf_c_${name} PRIVATE "-march=${isa}")
    list(APPEND code "${objects}")
    string(APPEND tables " X(rlhf_c_table_${name})")
endforeach()
if(NOT RLHF_C_ISAS)
    set(lists rlhf_c_lists_here)
    if(development AND TARGET rlhf_compiled)
        set(lists rlhf_compiled) # which is compiled anyway
        rlhf_c_no_unique_symbols(rlhf_compiled)
    else()
        rlhf_c_lists(here)
    endif()
    rlhf_c_objects(code here "" ${lists})
    list(APPEND compiled_first rlhf_c_here ${lists})
    set(tables " X(rlhf_c_table_here)")
    if(development)
        target_compile_options(rlhf_c_here PRIVATE $<TARGET_PROPERTY:rlhf_dev,INTERFACE_COMPILE_OPTIONS> -O0 -g0)
    endif()
endif()

file(CONFIGURE OUTPUT c/entries.cpp CONTENT "#define RLHF_C_IMPLEMENTATION
#define RLHF_C_TABLES(X)${tables}
#include <rlhf/c/glue/entries.hpp>
")
add_library(rlhf_c_entries OBJECT "${CMAKE_CURRENT_BINARY_DIR}/c/entries.cpp")
target_link_libraries(rlhf_c_entries PRIVATE rlhf)
rlhf_c_flags(rlhf_c_entries)
rlhf_c_join(code rlhf_c "rlhf_*" "$<TARGET_OBJECTS:rlhf_c_entries>" ${code})
add_custom_target(rlhf_c_code DEPENDS ${code}) # made once, for both libraries
add_dependencies(rlhf_c_code ${compiled_first})
file(CONFIGURE OUTPUT c/runtime.cpp CONTENT "// Says to CMake that programs of C need the runtime of C++.\n")
foreach(kind IN ITEMS SHARED STATIC)
    string(TOLOWER "rlhf_c_${kind}" library)
    add_library(${library} ${kind} "${CMAKE_CURRENT_BINARY_DIR}/c/runtime.cpp" ${code})
    add_dependencies(${library} rlhf_c_code)
    target_include_directories(${library} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
    set_target_properties(${library} PROPERTIES OUTPUT_NAME rlhf_c VERSION "${PROJECT_VERSION}"
        SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}" LINKER_LANGUAGE CXX)
endforeach()
set_target_properties(rlhf_c_shared PROPERTIES EXPORT_NAME c)
set_target_properties(rlhf_c_static PROPERTIES EXPORT_NAME c_static)
add_library(rlhf::c ALIAS rlhf_c_shared)
add_library(rlhf::c_static ALIAS rlhf_c_static)
if(CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF")
    # Nothing of the standard library that a header made is a symbol of this library.
    file(CONFIGURE OUTPUT c/exports.map CONTENT "{ global: rlhf_*; local: *; };\n")
    target_link_options(rlhf_c_shared PRIVATE "LINKER:--version-script=${CMAKE_CURRENT_BINARY_DIR}/c/exports.map"
        "LINKER:--no-undefined" "LINKER:--gc-sections")
    set_target_properties(rlhf_c_shared PROPERTIES LINK_DEPENDS "${CMAKE_CURRENT_BINARY_DIR}/c/exports.map")
endif()

# The wheel of Python (pyproject.toml) has this library beside its modules.
if(SKBUILD)
    install(FILES "$<TARGET_FILE:rlhf_c_shared>" DESTINATION rlhf COMPONENT python
        RENAME "${CMAKE_SHARED_LIBRARY_PREFIX}rlhf_c${CMAKE_SHARED_LIBRARY_SUFFIX}")
endif()
