// SPDX-License-Identifier: MIT
#pragma once

/// The code of the C interface, for one C++ file of a program: its functions, and the choice of the instruction set at
/// run time.
#include <rlhf/c/glue/code.hpp>
#include <rlhf/c/glue/entries.hpp>
