// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/core/executor.hpp>
#include <rlhf/results/count.hpp>

#include <functional>

/// Same bits, however a batch is laid out and cut: one problem is placed into memory in many ways, and every element
/// of every output, and every statistic, must come out with the same bits.
///
/// A function is registered by a lambda `(const contract::call<T>&) -> result` and a digest of its result:
///
///     contract::holds<T>({.inputs = {log_probs, log_probs, advantages}, .outputs = 1}, call, digest);
///
/// It is then run through: columns added left and right, rows at either end, packed with int32 and int64 offsets,
/// time-major, pointers shifted by one element, longer strides, threads, garbage under the mask, mask and targets
/// shifted by predict_next, rows permuted, and the batch cut after every row and at random; rlhf::all against bytes
/// that are all set; and, if it writes to `call::d(k)`, gradients added to what is there.
namespace contract {

template <class T>
using generator = std::vector<T> (*)(test::random&, std::size_t);
using integers = std::vector<std::int32_t> (*)(test::random&, std::size_t);

/// The arguments of one run.
template <class T>
struct call {
    rlhf::batch batch;
    std::vector<rlhf::view<const T>> in;
    std::vector<rlhf::view<const T>> sequence;
    std::vector<rlhf::view<T>> out;
    rlhf::executor run;
    bool add = false;
    std::vector<rlhf::view<const std::int32_t>> narrow = {};
    std::vector<rlhf::view<const std::int64_t>> wide = {};

    /// Output k as a gradient.
    [[nodiscard]] rlhf::gradient<T> d(std::size_t k) const { return {out[k], 1, add}; }
    /// Integer input k, in either width.
    [[nodiscard]] rlhf::index_view index(std::size_t k) const {
        return wide.empty() ? rlhf::index_view(narrow[k]) : rlhf::index_view(wide[k]);
    }
    /// The same call over some of the sequences.
    [[nodiscard]] call part(std::int64_t first, std::int64_t count) const;
};

template <class T>
struct problem {
    std::vector<generator<T>> inputs;         ///< one element per token each
    std::vector<generator<T>> sequences = {}; ///< one element per sequence each
    std::vector<integers> indices = {};       ///< one integer per token each: ranks
    std::size_t outputs = 1;
    bool time_major = true;       ///< the same bits are promised for [T, B]
    bool only_time_major = false; ///< every placement is [T, B]
    bool predict_next = true;     ///< the function honours it
    bool merges = true;           ///< results of parts join to the bits of the whole
    bool cleared = true;          ///< masked outputs are +0
    bool adds = false;            ///< the outputs are gradients, written to call::d(k)
    std::vector<std::size_t> lengths = {1037, 0, 1, 16, 700, 33, 512, 5};
    double masked = 0.2; ///< share of masked tokens inside a row
    /// What the function divides by; rlhf::count unless it counts something else.
    rlhf::counts (*denominator)(const call<T>&) = [](const call<T>& c) { return rlhf::count(c.batch); };
};

/// A function under test, without its type.
template <class T>
struct subject {
    /// Runs it, and lists the numbers of its result.
    std::function<std::vector<double>(const call<T>&)> run;
    /// Runs it on parts of a batch, one after the other, and lists the numbers of their joint result.
    std::function<std::vector<double>(const std::vector<call<T>>&)> joined;
};

/// Runs a function through every placement. For float and double.
template <class T>
void holds_for(const problem<T>& p, const subject<T>& f);

/// The same for a callable. The digest lists the result's numbers; leave it out for functions without result.
template <class T, class Call, class Digest>
void holds(const problem<T>& p, const Call& f, const Digest& digest) {
    holds_for<T>(p, {.run = [&](const call<T>& c) -> std::vector<double> { return digest(f(c)); },
                     .joined = [&](const std::vector<call<T>>& parts) -> std::vector<double> {
                         std::invoke_result_t<const Call&, const call<T>&> all{};
                         for (const auto& part : parts) all += f(part);
                         return digest(all);
                     }});
}
template <class T, class Call>
void holds(const problem<T>& p, const Call& f) {
    holds_for<T>(p, {.run = [&](const call<T>& c) { return f(c), std::vector<double>(); },
                     .joined =
                         [&](const std::vector<call<T>>& parts) {
                             for (const auto& part : parts) f(part);
                             return std::vector<double>();
                         }});
}

/// An executor of n threads, which take the pieces from the last to the first.
class threads {
public:
    explicit threads(std::size_t n) : n_(n) {}
    void operator()(std::size_t pieces, rlhf::task body) const;

private:
    std::size_t n_;
};

} // namespace contract
