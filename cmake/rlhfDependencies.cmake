# SPDX-License-Identifier: MIT
# Finds what the library stands on. Shared by CMakeLists.txt and the installed rlhfConfig.cmake.
#
# No version is handed to find_package: the version files of xsimd and Eigen accept one major version only, and
# several are supported. The floor is compared here instead. Each function sets `problem` to a sentence, or to "".

function(rlhf_find_xsimd problem)
    set(${problem} "" PARENT_SCOPE)
    if(NOT TARGET xsimd)
        if(NOT DEFINED XSIMD_ENABLE_XTL_COMPLEX)
            set(XSIMD_ENABLE_XTL_COMPLEX OFF) # complex batches are not used, so xtl need not be there
        endif()
        find_package(xsimd CONFIG QUIET)
        if(NOT xsimd_FOUND)
            set(found "it was not found")
        elseif(xsimd_VERSION VERSION_LESS 8.1)
            set(found "${xsimd_VERSION} was found in ${xsimd_DIR}")
        endif()
        if(found)
            set(${problem} "rlhf needs xsimd 8.1 or newer, and ${found}. \
Install libxsimd-dev (apt) or xsimd (vcpkg, Conan, conda), or set xsimd_DIR or CMAKE_PREFIX_PATH." PARENT_SCOPE)
            return()
        endif()
        if(xsimd_VERSION VERSION_GREATER_EQUAL 15)
            message(STATUS "rlhf is tested with xsimd 8.1, 13.2 and 14.3; this is ${xsimd_VERSION}")
        endif()
    endif()

    # Debian 12's package asks for -lxtl, a header-only library that it neither looks for nor depends on.
    get_target_property(imported xsimd IMPORTED)
    if(imported AND NOT TARGET xtl)
        get_target_property(libraries xsimd INTERFACE_LINK_LIBRARIES)
        if("xtl" IN_LIST libraries)
            list(REMOVE_ITEM libraries xtl)
            set_property(TARGET xsimd PROPERTY INTERFACE_LINK_LIBRARIES "${libraries}")
        endif()
    endif()
endfunction()

function(rlhf_find_eigen problem)
    set(${problem} "" PARENT_SCOPE)
    if(TARGET Eigen3::Eigen)
        return()
    endif()
    find_package(Eigen3 CONFIG QUIET)
    if(NOT Eigen3_FOUND)
        set(found "it was not found")
    elseif(Eigen3_VERSION VERSION_LESS 3.4)
        set(found "${Eigen3_VERSION} was found in ${Eigen3_DIR}")
    endif()
    if(found)
        set(${problem} "rlhf::eigen needs Eigen 3.4 or newer, and ${found}. \
Install libeigen3-dev (apt), eigen3 (vcpkg) or eigen (Conan, conda), or set Eigen3_DIR or CMAKE_PREFIX_PATH."
            PARENT_SCOPE)
    endif()
endfunction()
