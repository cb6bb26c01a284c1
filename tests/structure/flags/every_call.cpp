// SPDX-License-Identifier: MIT
// Instantiated by tests/structure/flags.cmake for instruction sets that this machine may not have: the usual calls.
#include <rlhf/compiled.hpp>

namespace RLHF_NAMESPACE {
RLHF_USUAL_ADVANTAGES(template, float)
RLHF_USUAL_LOSSES(template, float)
RLHF_USUAL_PREFERENCES(template, float)
RLHF_USUAL_POLICIES(template, float)
} // namespace RLHF_NAMESPACE

namespace RLHF_NAMESPACE::detail {
RLHF_USUAL_LOGITS(template, float, stored_logits<float>)
RLHF_USUAL_DIVERGENCES(template, float)
} // namespace RLHF_NAMESPACE::detail
