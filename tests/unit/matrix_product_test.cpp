// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/products.hpp"
#include "support/random.hpp"

#include <rlhf/core/matrix_product.hpp>
#include <rlhf/with/eigen.hpp>

namespace {

int plain_calls = 0;
void plain_function(const rlhf::product<float>& p) { ++plain_calls, p.c[0] = 3; }

} // namespace

TEST_CASE("matrix_product: any callable, borrowed") {
    float c = 0;
    const rlhf::product<float> p{.rows = 1, .cols = 1, .inner = 0, .a = {}, .b = {}, .c = &c, .c_stride = 1};
    CHECK(!rlhf::matrix_product<float>());
    const rlhf::matrix_product<float> plain(plain_function);
    CHECK(plain);
    plain(p);
    CHECK((plain_calls == 1 && c == 3));
    auto counting = [calls = 0](const rlhf::product<float>& q) mutable { q.c[0] = static_cast<float>(++calls); };
    const rlhf::matrix_product<float> own(counting), copy = own;
    own(p), copy(p); // the same one, twice
    CHECK(c == 2);
    const auto constant = [](const rlhf::product<float>& q) { q.c[0] = 7; };
    const rlhf::matrix_product<float> of_constant(constant);
    of_constant(p);
    CHECK(c == 7);
}

TEMPLATE_TEST_CASE("eigen_product: every transposition, added or not, rows with a stride", "", float, double) {
    using E = TestType;
    test::random r(5);
    const auto x = test::normals<E>(r, 400), y = test::normals<E>(r, 400);
    for (const bool a : {false, true})
        for (const bool b : {false, true})
            for (const bool add : {false, true}) {
                auto c = test::normals<E>(r, 400), d = c;
                rlhf::product<E> p{.rows = 7,
                                   .cols = 9,
                                   .inner = 13,
                                   .a = {x.data(), 20, a},
                                   .b = {y.data(), 19, b},
                                   .c = c.data(),
                                   .c_stride = 11,
                                   .factor = E(-1.5),
                                   .add = add};
                rlhf::eigen_product(p);
                p.c = d.data();
                test::naive_product(p);
                CHECK(test::distance(c, d) <= (std::same_as<E, double> ? 1e-13 : 2e-5));
                CHECK(c[9] == d[9]); // between the rows
            }
}

TEST_CASE("eigen_product: many columns") {
    test::random r(5);
    const std::int64_t n = 9001;
    const auto x = test::normals<double>(r, 6), y = test::normals<double>(r, 3 * static_cast<std::size_t>(n));
    for (const bool transposed : {false, true}) {
        std::vector<double> c(2 * static_cast<std::size_t>(n)), d = c;
        rlhf::product<double> p{.rows = 2,
                                .cols = n,
                                .inner = 3,
                                .a = {x.data(), 3},
                                .b = {y.data(), transposed ? 3 : n, transposed},
                                .c = c.data(),
                                .c_stride = n};
        rlhf::eigen_product(p);
        p.c = d.data();
        test::naive_product(p);
        CHECK(test::distance(c, d) <= 1e-14);
    }
}
