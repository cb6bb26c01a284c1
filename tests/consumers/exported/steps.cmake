# SPDX-License-Identifier: MIT
# An installed library that links rlhf brings rlhf to those who find it.
install_and_move()
must_configure("-Dversion=${version}")
step("installing" "${CMAKE_COMMAND}" --install "${scratch}/build" --prefix "${scratch}/prefix")
configure_build_and_run(-Duse=ON)
