# SPDX-License-Identifier: MIT
# rlhf::compiled, the code of the usual calls: one file per list of compiled.hpp and type, so that they compile side by
# side. It is compiled for the instruction set of CMAKE_CXX_FLAGS, or of RLHF_MARCH beside tests, examples or benchmarks.
# Targets that link it are compiled for the same set. cmake/c.cmake compiles the same files.
set(compiled_sources "")
function(rlhf_compile scope list types)
    string(MAKE_C_IDENTIFIER "${list}_${types}" name)
    file(CONFIGURE OUTPUT "compiled/${name}.cpp" CONTENT "#include <rlhf/compiled.hpp>
namespace ${scope} {
RLHF_USUAL_${list}(template, ${types})
}
")
    list(APPEND compiled_sources "${CMAKE_CURRENT_BINARY_DIR}/compiled/${name}.cpp")
    set(compiled_sources "${compiled_sources}" PARENT_SCOPE)
endfunction()
foreach(type IN ITEMS float double)
    rlhf_compile(RLHF_NAMESPACE ADVANTAGES ${type})
    rlhf_compile(RLHF_NAMESPACE LOSSES ${type})
    rlhf_compile(RLHF_NAMESPACE PREFERENCES ${type})
    rlhf_compile(RLHF_NAMESPACE POLICIES ${type})
    rlhf_compile(RLHF_NAMESPACE::detail LOGITS "${type}, stored_logits<${type}>")
    rlhf_compile(RLHF_NAMESPACE::detail LOGITS "${type}, head_logits<${type}>")
endforeach()
foreach(type IN ITEMS bfloat16 float16)
    rlhf_compile(RLHF_NAMESPACE::detail LOGITS "float, stored_logits<${type}>")
endforeach()
foreach(type IN ITEMS float double bfloat16)
    rlhf_compile(RLHF_NAMESPACE::detail DIVERGENCES ${type})
endforeach()

if(NOT RLHF_COMPILED)
    return()
endif()
add_library(rlhf_compiled ${compiled_sources})
add_library(rlhf::compiled ALIAS rlhf_compiled)
set_target_properties(rlhf_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
target_link_libraries(rlhf_compiled PUBLIC rlhf)
if(development)
    target_compile_options(rlhf_compiled PRIVATE $<TARGET_PROPERTY:rlhf_dev,INTERFACE_COMPILE_OPTIONS>)
    target_precompile_headers(rlhf_compiled PRIVATE <rlhf/compiled.hpp>)
    rlhf_may_fuse(rlhf_compiled)
    rlhf_multiplies_by_eigen(rlhf_compiled PRIVATE) # which is not of those who link it
endif()
