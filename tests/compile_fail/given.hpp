// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/batch.hpp>

#include <cstdint>
#include <vector>

// Two sequences of three steps: what the programs beside this file have at hand to get wrong.
inline std::vector<float> floats(6);
inline const std::vector<float> const_floats(6);
inline std::vector<double> doubles(6);
inline std::vector<bool> bits(6);
inline std::vector<std::uint8_t> bytes(6);
inline std::vector<std::int32_t> tokens(6);
inline std::vector<std::uint16_t> short_tokens(6);
inline std::vector<float> scores(6 * 10); // of a vocabulary of ten

inline const rlhf::batch two_by_three{
    .sequences = 2, .steps = 3, .predict_next = false, .mask = bytes, .denominator = rlhf::counted_here};
