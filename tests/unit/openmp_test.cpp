// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <rlhf/with/openmp.hpp>

#include <atomic>
#include <omp.h>

TEST_CASE("openmp: OpenMP's threads share the pieces; inside a parallel region each call runs on its own") {
    std::atomic<int> team = 0, places = 0, nested = 0;
    const auto look = [&](std::size_t i) { team = omp_get_num_threads(), places += 1 << i; };
    const auto count = [&](std::size_t) { ++nested; };
    omp_set_num_threads(3);
    const rlhf::executor run(rlhf::openmp);
    run(10, look);
    CHECK(team == 3);
    CHECK(places == (1 << 10) - 1);
#pragma omp parallel num_threads(2)
    run(10, count);
    CHECK(nested == 20);
}
