# SPDX-License-Identifier: MIT
# Run by cpack on the files of a Debian package: the licence and a changelog as Debian has them.
set(doc "${CPACK_TEMPORARY_INSTALL_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX}/share/doc")
file(MAKE_DIRECTORY "${doc}/${CPACK_PACKAGE_NAME}")
file(RENAME "${doc}/rlhf/LICENSE" "${doc}/${CPACK_PACKAGE_NAME}/copyright")
file(REMOVE_RECURSE "${doc}/rlhf")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # or SOURCE_DATE_EPOCH
set(changelog "${doc}/${CPACK_PACKAGE_NAME}/changelog")
file(WRITE "${changelog}" "${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * CHANGELOG.md of the sources says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
find_program(gzip gzip REQUIRED)
execute_process(COMMAND "${gzip}" -9n "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
