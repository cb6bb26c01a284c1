// SPDX-License-Identifier: MIT
// The interface of C as programs of older C++ see it.
#include "every_call.c"

#include <rlhf/c/presets.h>
