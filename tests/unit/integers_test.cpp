// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <rlhf/core/logits.hpp>

#include <vector>

namespace {

/// Bytes that are wrong where the same array of long long is filled again and again. A compiler that takes long long
/// for another type than std::int64_t moves reads above writes.
int wrong_bytes(int rounds) {
    int wrong = 0;
    std::vector<long long> ids(8);
    std::vector<std::uint8_t> mask(8);
    for (int round = 0; round < rounds; ++round) {
        for (auto& id : ids) id = round;
        rlhf::mask_targets(ids, mask, 3);
        for (const auto byte : mask) wrong += byte != (round == 3 ? 0 : 1) ? 1 : 0;
    }
    return wrong;
}

} // namespace

TEST_CASE("integers: an array of long long is read in place") { CHECK(wrong_bytes(8) == 0); }
