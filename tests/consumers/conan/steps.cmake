# SPDX-License-Identifier: MIT
# `conan create .` makes the package and runs the test package in this folder. xsimd and Eigen come from the system,
# so that nothing is downloaded. Eigen is not asked for by default: the package is made before Eigen is there.
tool_or_skip(conan)
set(ENV{CONAN_HOME} "${scratch}/home")
set(ENV{CXX} "${compiler}")
step("making a profile" "${conan}" profile detect)
set(settings -s compiler.cppstd=20 --no-remote -c "tools.cmake.cmake_layout:test_folder=${scratch}/test"
    -c tools.cmake.cmaketoolchain:user_presets=)

step("packing xsimd" "${conan}" create "${sources}/conan/system" ${settings} --name xsimd --version 8.1.0)
step("packing" "${conan}" create "${project}" ${settings})
step("packing Eigen" "${conan}" create "${sources}/conan/system" ${settings} --name eigen --version 3.4.0)
step("packing with Eigen" "${conan}" create "${project}" ${settings} -o "rlhf/*:with_eigen=True")
if(NOT said MATCHES "with_eigen: right")
    message(FATAL_ERROR "${consumer}: the test package should run with_eigen, and says\n${said}")
endif()
step("packing with C, compiled quickly" "${conan}" create "${project}" ${settings} -o "rlhf/*:with_c=True"
    -c "tools.cmake.cmaketoolchain:extra_variables={'RLHF_C_ISAS': '', 'CMAKE_CXX_FLAGS_RELEASE': '-O0'}")
if(NOT said MATCHES "with_c: right")
    message(FATAL_ERROR "${consumer}: the test package should run with_c, and says\n${said}")
endif()
execute_process(COMMAND "${conan}" create "${project}" --no-remote -s compiler.cppstd=17 ERROR_VARIABLE said)
if(NOT said MATCHES "lower than the required C[+][+] standard [(]20[)]")
    message(FATAL_ERROR "${consumer}: C++17 should fail, and Conan says\n${said}")
endif()
