// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/library.h>
#include <rlhf/compiled.hpp>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

/// What C and C++ are called with in a test of equality: one batch, seen by both, and arrays of random numbers.
namespace world {

inline constexpr std::int64_t B = 3, T = 5, V = 7, H = 4, tokens = B * T;
inline const std::vector<std::uint8_t> mask{1, 1, 0, 1, 1, /**/ 1, 1, 1, 1, 0, /**/ 0, 1, 1, 1, 1};

template <class E>
inline constexpr rlhf_dtype dtype = std::is_same_v<E, float>            ? RLHF_FLOAT32
                                    : std::is_same_v<E, double>         ? RLHF_FLOAT64
                                    : std::is_same_v<E, rlhf::bfloat16> ? RLHF_BFLOAT16
                                    : std::is_same_v<E, rlhf::float16>  ? RLHF_FLOAT16
                                    : std::is_same_v<E, std::int32_t>   ? RLHF_INT32
                                    : std::is_same_v<E, std::int64_t>   ? RLHF_INT64
                                    : std::is_same_v<E, std::uint8_t>   ? RLHF_UINT8
                                                                        : RLHF_VOCAB_SHARD;

template <class E>
rlhf_in read(const std::vector<E>& v) {
    return rlhf_read(v.data(), dtype<E>, static_cast<std::int64_t>(v.size()));
}
template <class E>
rlhf_out write(std::vector<E>& v) {
    return rlhf_write(v.data(), dtype<E>, static_cast<std::int64_t>(v.size()));
}

inline std::mt19937& engine() {
    static std::mt19937 e(7);
    return e;
}

inline std::size_t elements(const std::string& shape) {
    if (shape == "[B]") return B;
    if (shape == "[N]") return 6;
    if (shape == "[R]") return 2;
    if (shape == "[R, N]") return 12;
    return tokens;
}

/// Numbers that are right for a field of this name.
template <class E>
std::vector<E> numbers(const std::string& name, const std::string& shape) {
    std::vector<E> v(elements(shape));
    const bool share = name == "lambdas" || name == "weights" || name == "entropy" || name == "keys";
    std::uniform_real_distribution<double> any(share ? 0.1 : -2, share ? 1.0 : -0.1);
    for (E& x : v) {
        if constexpr (std::is_same_v<E, rlhf::vocab_shard>)
            x = {.shift = any(engine()), .max_weight = 1, .other_weight = 0.5, .holds_target = 1};
        else if constexpr (std::is_integral_v<E>)
            x = static_cast<E>(engine()() % 2);
        else
            x = E(any(engine()));
    }
    return v;
}
/// Integers that are right for a field of this name.
template <class Int>
std::vector<Int> integers(const std::string& name, const std::string& shape) {
    std::vector<Int> v(elements(shape));
    const std::uint32_t below = name == "targets" ? V : (name == "lengths" ? 9 : 3), least = name == "ranks" ? 1 : 0;
    for (Int& x : v) x = static_cast<Int>(least + engine()() % below);
    return v;
}

/// An output of both, with the same content before the call.
template <class E>
struct output {
    std::vector<E> c, cpp;
    explicit output(std::size_t n) : c(n), cpp(n) {
        for (std::size_t i = 0; i < n; ++i)
            if constexpr (!std::is_same_v<E, rlhf::vocab_shard>) c[i] = cpp[i] = E(static_cast<int>(i % 5));
    }
    explicit output(const std::string& shape) : output(elements(shape)) {}
    [[nodiscard]] bool same() const { return std::memcmp(c.data(), cpp.data(), c.size() * sizeof(E)) == 0; }
};

inline bool same(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }
inline bool same(const rlhf_counts& a, const rlhf::counts& b) {
    return same(a.tokens, b.tokens) && same(a.sequences, b.sequences);
}
inline bool same(const rlhf_covariance_cut& a, const rlhf::covariance_cut& b) {
    return same(a.mean_advantage, b.mean_advantage) && same(a.mean_log_prob, b.mean_log_prob) && same(a.last, b.last);
}

inline rlhf::batch batch() {
    return {.sequences = B, .steps = T, .predict_next = false, .mask = mask, .denominator = rlhf::counted_here};
}
inline rlhf_batch c_batch() {
    rlhf_batch b{};
    b.size = sizeof b, b.sequences = B, b.steps = T, b.predict_next = RLHF_PREDICT_THIS, b.mask = read(mask);
    b.denominator = RLHF_COUNTED_HERE;
    return b;
}
inline rlhf_groups c_groups() {
    rlhf_groups g{};
    g.size = sizeof g, g.group_size = 3;
    return g;
}

/// Logits and their view, of C and of C++.
template <class E>
struct logits {
    std::vector<E> z = std::vector<E>(tokens * V);
    logits() {
        for (E& x : z) x = E(std::normal_distribution<double>()(engine()));
    }
    [[nodiscard]] rlhf::logits_view<E> cpp() { return {z.data(), {.sequences = B, .steps = T, .vocab = V}}; }
    [[nodiscard]] rlhf_logits c() const { return {z.data(), dtype<E>, B, T, V, 0, 0, 0}; }
};
template <class E>
struct d_logits : output<E> {
    d_logits() : output<E>(static_cast<std::size_t>(tokens * V)) {}
    rlhf::logits_view<E> to() { return {this->cpp.data(), {.sequences = B, .steps = T, .vocab = V}}; }
    rlhf_logits_gradient to_c() { return {this->c.data(), dtype<E>, B, T, V, 0, 0, 0, RLHF_ADD_TO, 0.5}; }
};

/// Three ids of each token, and where they begin.
struct kept {
    std::vector<std::int32_t> ids;
    std::vector<std::int64_t> offsets{0};
    kept() {
        for (std::int64_t t = 0; t < tokens; ++t) {
            ids.insert(ids.end(), {5, static_cast<std::int32_t>(t % 3), 6});
            offsets.push_back(3 * (t + 1));
        }
    }
};
/// Two entries of a reference for each token.
struct top_k {
    std::vector<std::int32_t> ids;
    std::vector<float> log_probs;
    top_k() {
        for (std::int64_t t = 0; t < tokens; ++t)
            ids.insert(ids.end(), {static_cast<std::int32_t>(t % 3), 4}), log_probs.insert(log_probs.end(), {-1, -2});
    }
};

/// A product of matrices, element by element.
template <class E>
void multiply(std::int64_t rows, std::int64_t cols, std::int64_t inner, const E* a, std::int64_t a_stride,
              bool a_turned, const E* b, std::int64_t b_stride, bool b_turned, E* c, std::int64_t c_stride, E factor,
              bool add) {
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < cols; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < inner; ++k)
                sum += double(a_turned ? a[k * a_stride + i] : a[i * a_stride + k]) *
                       double(b_turned ? b[j * b_stride + k] : b[k * b_stride + j]);
            E& to = c[i * c_stride + j];
            to = factor * static_cast<E>(sum) + (add ? to : E(0));
        }
}

/// The last layer of a model, of C and of C++.
template <class E>
class head {
public:
    head() {
        for (auto* v : {&hidden_, &weights_})
            for (E& x : *v) x = E(std::normal_distribution<double>()(engine()));
    }
    rlhf::linear_head<E> cpp() {
        return {.hidden = hidden_,
                .weights = weights_,
                .vocab = V,
                .hidden_size = H,
                .workspace = space_,
                .product = product_};
    }
    rlhf_linear_head c() {
        rlhf_linear_head h{};
        h.size = sizeof h, h.hidden = read(hidden_), h.weights = read(weights_), h.vocab = V, h.hidden_size = H;
        h.workspace = write(space_);
        h.multiply = [](void*, const rlhf_product* p) {
            multiply(p->rows, p->cols, p->inner, static_cast<const E*>(p->a), p->a_stride, p->a_transposed != 0,
                     static_cast<const E*>(p->b), p->b_stride, p->b_transposed != 0, static_cast<E*>(p->c), p->c_stride,
                     static_cast<E>(p->factor), p->add != 0);
        };
        return h;
    }

private:
    std::vector<E> hidden_ = std::vector<E>(tokens * H), weights_ = std::vector<E>(V * H),
                   space_ = std::vector<E>(4 * (V + H));
    std::function<void(const rlhf::product<E>&)> product_ = [](const rlhf::product<E>& p) {
        multiply(p.rows, p.cols, p.inner, p.a.data, p.a.stride, p.a.transposed, p.b.data, p.b.stride, p.b.transposed,
                 p.c, p.c_stride, p.factor, p.add);
    };
};
template <class E>
struct d_head {
    output<E> hidden{static_cast<std::size_t>(tokens * H)}, weights{static_cast<std::size_t>(V * H)};
    rlhf::linear_head_gradient<E> to() { return {.hidden = hidden.cpp, .weights = rlhf::add_to(weights.cpp, 0.5)}; }
    rlhf_linear_head_gradient to_c() {
        rlhf_linear_head_gradient d{};
        d.size = sizeof d, d.hidden.to = write(hidden.c), d.weights = rlhf_add_to(write(weights.c), 0.5);
        return d;
    }
    [[nodiscard]] bool same() const { return hidden.same() && weights.same(); }
};

template <class Objective>
inline constexpr bool takes_margins = requires {
    rlhf::formula::objective<Objective>::has_margin;
};

/// A struct of C that begins with its size, and has nothing else.
template <class S>
S sized() {
    S s{};
    s.size = sizeof s;
    return s;
}

/// Fails with the sentence of a call.
inline void ok(rlhf_status status, const rlhf_error& error) {
    INFO((status == RLHF_OK ? "" : error.text));
    REQUIRE(status == RLHF_OK);
}

} // namespace world
