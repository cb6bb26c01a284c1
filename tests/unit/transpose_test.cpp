// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/transpose.hpp>

namespace {

template <class T, class Arch>
void there_and_back() {
    test::random r(1);
    for (const std::int64_t apart : {8, 9, 21}) {
        const auto rows = test::normals<T>(r, static_cast<std::size_t>(8 * apart) + 1);
        alignas(64) double columns[64];
        rlhf::detail::rows_to_columns<Arch>(rows.data() + 1, apart, columns);
        for (std::int64_t n = 1; n <= 8; ++n) {
            std::vector<T> back(rows.size(), T(77)), want(rows.size(), T(77));
            for (std::int64_t g = 0; g < 8; ++g)
                for (std::int64_t k = 0; k < n; ++k) {
                    const auto at = static_cast<std::size_t>(1 + g * apart + k);
                    want[at] = rows[at];
                    CHECK(columns[8 * k + g] == static_cast<double>(rows[at]));
                }
            rlhf::detail::columns_to_rows<Arch>(columns, back.data() + 1, apart, n);
            CHECK(back == want);
        }
    }
}

} // namespace

TEMPLATE_TEST_CASE("transpose: eight rows of eight become columns of doubles, and back", "", float, double) {
    there_and_back<TestType, rlhf::native>();
    there_and_back<TestType, rlhf::scalar>();
}
