// SPDX-License-Identifier: MIT
// The interface of C as programs of older C++ see it.
#include <rlhf/c/presets.h>

#include "every_call.c"
