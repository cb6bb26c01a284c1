# SPDX-License-Identifier: MIT
# An installed library that links rlhf brings rlhf to those who find it.
install_and_move()
configure(code "-Dversion=${version}")
if(NOT code EQUAL 0)
    message(FATAL_ERROR "${consumer}: configuring failed:\n${said}")
endif()
step("installing" "${CMAKE_COMMAND}" --install "${scratch}/build" --prefix "${scratch}/prefix")
configure_build_and_run(-Duse=ON)
