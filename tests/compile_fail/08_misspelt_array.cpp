// SPDX-License-Identifier: MIT
// expect gcc: policy_loss_arrays<float>&'} from expression of type '<brace-enclosed initializer list>'
// expect clang: no matching function for call to 'ppo_policy_loss'
#include "given.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

void program() {
    rlhf::ppo_policy_loss(two_by_three,
                          {.log_probs = floats, .old_log_probs = floats, .advantage = floats, .d_log_probs = floats});
}
