# SPDX-License-Identifier: MIT
# Includes point down only. Run by ctest, and alone: cmake -P tests/layers.cmake
#
#   0 config   1 lane   2 formula/   3 detail/ and the caller's memory   4 one function a header   5 compositions
#
# A header of layer 4 includes nothing of its own layer: what two functions share belongs below, what joins two, above.
cmake_minimum_required(VERSION 3.21)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
include("${CMAKE_CURRENT_LIST_DIR}/layer_of.cmake")

set(complaints "")
function(complain)
    string(CONCAT text ${ARGN})
    set(complaints "${complaints}  ${text}\n" PARENT_SCOPE)
endfunction()

# The names between < > or " " of a file's include lines; those in quotes keep an opening quote.
function(includes_of file result)
    file(STRINGS "${file}" lines REGEX "^[ \t]*#[ \t]*include")
    list(TRANSFORM lines REPLACE "^[ \t]*#[ \t]*include[ \t]*" "")
    list(TRANSFORM lines REPLACE "^<([^>]*)>.*$" "\\1")
    list(TRANSFORM lines REPLACE "^(\"[^\"]*)\".*$" "\\1")
    set(${result} "${lines}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE headers RELATIVE "${root}/include/rlhf" "${root}/include/rlhf/*")
foreach(header IN LISTS headers)
    layer_of("${header}" layer)
    includes_of("${root}/include/rlhf/${header}" includes)
    foreach(name IN LISTS includes)
        if(name MATCHES "^\"")
            complain("${header} includes ${name}\" in quotes: write <rlhf/...>")
        elseif(name MATCHES "^rlhf/(.*)$")
            set(other "${CMAKE_MATCH_1}")
            layer_of("${other}" other_layer)
            if(NOT EXISTS "${root}/include/rlhf/${other}")
                complain("${header} includes ${other}, which is not there")
            elseif(other_layer GREATER layer)
                complain("${header} (layer ${layer}) includes ${other} (layer ${other_layer}), which is above it")
            elseif(layer EQUAL 4 AND other_layer EQUAL 4)
                complain("${header} includes its sibling ${other}")
            endif()
        elseif(name MATCHES "^xsimd/" AND NOT header MATCHES "^detail/")
            complain("${header} includes ${name}: only detail/ knows xsimd")
        elseif(name MATCHES "^(unsupported/)?Eigen/" AND NOT header STREQUAL "eigen.hpp")
            complain("${header} includes ${name}: only eigen.hpp knows Eigen")
        elseif(name STREQUAL "span" AND layer LESS 3)
            complain("${header} includes <span>: a formula is about one lane")
        endif()
    endforeach()
endforeach()

# The references of the tests are written from the docs, so they use nothing of the library.
file(GLOB_RECURSE references RELATIVE "${root}" "${root}/tests/reference/*")
foreach(reference IN LISTS references)
    includes_of("${root}/${reference}" includes)
    foreach(name IN LISTS includes)
        if(name MATCHES "^\"?(.*/)?rlhf/")
            complain("${reference} includes ${name}: a reference does not use what it judges")
        endif()
    endforeach()
endforeach()

if(complaints)
    message(FATAL_ERROR "Include layers:\n${complaints}")
endif()
list(LENGTH headers count)
message(STATUS "Include layers: ${count} headers point down only")
