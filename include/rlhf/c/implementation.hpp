// SPDX-License-Identifier: MIT
#pragma once

/// The code of the C interface, for one file of C++ of a program: its functions, and their choice at run time.
#include <rlhf/c/glue/code.hpp>
#include <rlhf/c/glue/entries.hpp>
