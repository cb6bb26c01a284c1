// SPDX-License-Identifier: MIT
// Every formula as device code: LAUNCH makes two kernels of a function, for float and for double. They read from memory
// and write to memory, so that nothing is known at compile time and nothing is left out. device.cmake compiles them and
// looks into the PTX: a kernel reads each x[i] and writes each y[i] that its function names. That is why each function
// names its own, and none calls a helper that writes them.
#include "advantage.cuh"
#include "logits.cuh"
#include "policy.cuh"
#include "preference.cuh"
#include "ranking.cuh"
#include "value.cuh"
