# SPDX-License-Identifier: MIT
# Run by cpack on the files of Debian packages: the licence and a changelog as Debian has them, libraries without what
# only debuggers read, and what dpkg wants to know of a shared library.
find_program(gzip gzip REQUIRED)
find_program(strip strip REQUIRED)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # or SOURCE_DATE_EPOCH

# The package of a component, and where its files are.
macro(find_files component)
    string(TOUPPER "${component}" of)
    set(package "${CPACK_DEBIAN_${of}_PACKAGE_NAME}")
    set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}")
    set(prefix "${root}${CPACK_PACKAGING_INSTALL_PREFIX}")
endmacro()
function(run)
    execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${CPACK_TOPLEVEL_DIRECTORY}" OUTPUT_VARIABLE said
        OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(said "${said}" PARENT_SCOPE)
endfunction()

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    find_files(${component})
    file(REMOVE_RECURSE "${prefix}/share/doc/rlhf")
    set(doc "${prefix}/share/doc/${package}")
    configure_file("${CMAKE_CURRENT_LIST_DIR}/../LICENSE" "${doc}/copyright" COPYONLY)
    file(WRITE "${doc}/changelog" "${package} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * CHANGELOG.md of the sources says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
    file(GLOB manuals "${prefix}/share/man/*/*")
    run("${gzip}" -9n "${doc}/changelog" ${manuals})
    file(GLOB_RECURSE archives "${prefix}/*.a")
    file(GLOB_RECURSE programs "${prefix}/bin/*" "${prefix}/*.so.*.*.*")
    foreach(file IN LISTS archives)
        run("${strip}" --strip-debug --remove-section=.comment -D "${file}")
    endforeach()
    foreach(file IN LISTS programs)
        run("${strip}" --remove-section=.comment --remove-section=.note "${file}")
    endforeach()
endforeach()

# CPack would call ldconfig by scripts of the package, which Debian does by a trigger, and it knows no list of symbols.
if(CPACK_COMPONENTS_ALL MATCHES rlhf_Runtime)
    find_files(rlhf_Runtime)
    file(GLOB_RECURSE library "${prefix}/librlhf_c.so.*.*.*")
    set(debian "${CPACK_TOPLEVEL_DIRECTORY}/debian")
    file(WRITE "${debian}/control" "Source: rlhf\n\nPackage: ${package}\nArchitecture: any\n")
    file(WRITE "${debian}/triggers" "activate-noawait ldconfig\n")
    string(REGEX REPLACE "^librlhf-c" "" soname "${package}")
    file(WRITE "${debian}/shlibs" "librlhf_c ${soname} ${package} (>= ${CPACK_PACKAGE_VERSION})\n")
    run(dpkg-gensymbols -q "-p${package}" "-v${CPACK_PACKAGE_VERSION}" "-P${root}" "-e${library}" "-O${debian}/symbols")
    file(READ "${debian}/symbols" symbols)
    string(REPLACE "#MINVER#\n" "#MINVER#\n* Build-Depends-Package: librlhf-dev\n" symbols "${symbols}")
    file(WRITE "${debian}/symbols" "${symbols}")
    run(dpkg-shlibdeps -O "-e${library}")
    string(REGEX REPLACE "^shlibs:Depends=" "" CPACK_DEBIAN_RLHF_RUNTIME_PACKAGE_DEPENDS "${said}")
    set(CPACK_DEBIAN_RLHF_RUNTIME_PACKAGE_CONTROL_EXTRA "${debian}/shlibs;${debian}/symbols;${debian}/triggers")
endif()
