// SPDX-License-Identifier: MIT
// expect: no matching function for call to 'whiten
#include "given.hpp"

#include <rlhf/advantage/whiten.hpp>

void program() { rlhf::whiten(two_by_three, {.center = false}, floats); }
