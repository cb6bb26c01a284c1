// SPDX-License-Identifier: MIT
// flags: -std=c++17
// expect: rlhf needs C++20: compile with -std=c++20
#include <rlhf/ppo.hpp>
