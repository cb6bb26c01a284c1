// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"

#include "contract/placement.hpp"

#include <thread>

namespace contract {

namespace {

template <class T>
class harness {
public:
    harness(const problem<T>& p, const subject<T>& f) : p_(p), f_(f) {
        test::random r(20220304);
        for (const std::size_t n : p.lengths) {
            x_.masks.push_back(test::flags(r, n, 1 - p.masked));
            if (n > 40) std::fill_n(x_.masks.back().begin() + 20, 17, std::uint8_t(0)); // a gap longer than a block
        }
        for (const auto make : p.inputs) {
            x_.tokens.emplace_back();
            for (const std::size_t n : p.lengths) x_.tokens.back().push_back(make(r, n));
        }
        for (const auto make : p.sequences) x_.sequences.push_back(make(r, p.lengths.size()));
        for (const auto make : p.indices) {
            x_.indices.emplace_back();
            for (const std::size_t n : p.lengths) x_.indices.back().push_back(make(r, n));
        }
    }

    void run() {
        placement plain{.name = "plain", .time_first = p_.only_time_major};
        memory<T> m = place(plain);
        auto c = m.arguments();
        c.batch.denominator = whole_ = p_.denominator(c);
        expected_ = digest_of(c);
        outputs_ = collect(m);
        check_cleared();
        for (placement where : placements(p_.time_major, p_.predict_next, p_.lengths.size())) {
            if (p_.only_time_major && where.packed) continue;
            where.time_first = where.time_first || p_.only_time_major;
            compare(where, {});
        }
        for (const std::size_t n : {1U, 2U, 3U, 8U}) {
            const auto pool = threads(n);
            compare({.name = std::to_string(n) + " threads", .time_first = p_.only_time_major}, pool);
            if (!p_.only_time_major) compare({.name = std::to_string(n) + " threads, packed", .packed = true}, pool);
        }
        cuts();
        if (p_.adds) additions();
        if (!p_.only_time_major) everything_counts();
    }

private:
    std::vector<double> digest_of(const call<T>& c) {
        ++runs_;
        return f_.run(c);
    }
    memory<T> place(const placement& where) { return memory<T>(p_, x_, where); }

    std::vector<T> collect(const memory<T>& m) const {
        std::vector<T> all;
        for (std::size_t k = 0; k < p_.outputs; ++k)
            for (std::size_t s = 0; s < p_.lengths.size(); ++s)
                for (std::size_t t = 0; t < p_.lengths[s]; ++t) all.push_back(m.output(k, s, t));
        return all;
    }
    void check_cleared() const {
        std::size_t i = 0, wrong = 0, nonzero = 0;
        for (std::size_t k = 0; k < p_.outputs; ++k)
            for (const auto& row : x_.masks)
                for (const auto counts : row) {
                    wrong += counts == 0 && !test::same_bits(outputs_[i], T(0));
                    nonzero += counts != 0 && outputs_[i] != T(0);
                    ++i;
                }
        if (p_.cleared) CHECK(wrong == 0);
        CHECK((p_.outputs == 0 || nonzero > 0)); // a harness over zeros would prove nothing
    }

    void compare(const placement& where, const rlhf::executor& run) {
        CAPTURE(where.name);
        memory<T> m = place(where);
        auto c = m.arguments(run);
        CHECK(p_.denominator(c) == whole_);
        if (runs_ % 2 != 0) c.batch.denominator = whole_; // else counted_here: the same number
        check_digest(digest_of(c));
        CHECK(test::same_bits(collect(m), outputs_));
        m.check_surroundings(p_.cleared);
    }

    /// Parts that divide by the whole's counts give the whole's outputs, and their results join to the whole's.
    void cuts() {
        test::random r(7);
        for (int round = 0; round < 6; ++round) {
            const placement where{.name = "cut",
                                  .left = static_cast<std::size_t>(round),
                                  .packed = round % 2 == 1 && !p_.only_time_major,
                                  .time_first = p_.only_time_major || (round == 4 && p_.time_major)};
            CAPTURE(round);
            memory<T> m = place(where);
            auto c = m.arguments();
            c.batch.denominator = whole_;
            const auto n = static_cast<std::int64_t>(p_.lengths.size());
            std::vector<call<T>> parts;
            for (std::int64_t first = 0; first < n;) {
                const std::int64_t count =
                    round < 2 ? 1 : 1 + static_cast<std::int64_t>(r.below(static_cast<std::size_t>(n - first)));
                parts.push_back(c.part(first, count));
                first += count;
            }
            const auto got = f_.joined(parts);
            if (p_.merges) check_digest(got);
            CHECK(test::same_bits(collect(m), outputs_));
        }
    }

    /// add_to leaves masked outputs as they are, and gives the others what write_to writes: old + written, up to one
    /// rounding (a compiler may fuse the product with the sum), and the same bits in every layout.
    void additions() {
        std::vector<T> first;
        for (placement where : {placement{.name = "added"}, placement{.name = "added, wider", .left = 5, .right = 1},
                                placement{.name = "added, packed", .packed = true},
                                placement{.name = "added, stride", .stride = 3, .shift = 1},
                                placement{.name = "added, time-major", .time_first = true}}) {
            if (where.time_first && !p_.time_major) continue;
            where.add = true;
            CAPTURE(where.name);
            memory<T> m = place(where);
            auto c = m.arguments();
            c.batch.denominator = whole_;
            check_digest(digest_of(c));
            m.check_surroundings(true);
            const std::vector<T> got = collect(m);
            if (first.empty()) first = got;
            CHECK(test::same_bits(got, first));
            std::size_t i = 0, wrong = 0;
            for (std::size_t k = 0; k < p_.outputs; ++k)
                for (std::size_t s = 0; s < x_.masks.size(); ++s)
                    for (std::size_t t = 0; t < x_.masks[s].size(); ++t, ++i) {
                        const T old = before<T>(s, t), written = outputs_[i];
                        const T rounding = std::numeric_limits<T>::epsilon() * (std::abs(old) + std::abs(written));
                        wrong += x_.masks[s][t] == 0 ? !test::same_bits(got[i], old)
                                                     : !(std::abs(got[i] - (old + written)) <= rounding);
                    }
            CHECK(wrong == 0);
        }
    }

    /// No mask is the same as one whose bytes are all set.
    void everything_counts() {
        for (auto& row : x_.masks) std::fill(row.begin(), row.end(), std::uint8_t(1));
        outputs_.clear();
        for (const bool bytes : {true, false})
            for (const bool predict_next : {false, true}) {
                if (predict_next && !p_.predict_next) continue;
                CAPTURE(bytes, predict_next);
                memory<T> m = place({.name = "all", .packed = true, .predict_next = predict_next});
                auto c = m.arguments();
                if (!bytes) c.batch.mask = rlhf::all;
                const auto got = digest_of(c);
                if (outputs_.empty()) expected_ = got, outputs_ = collect(m);
                check_digest(got);
                CHECK(test::same_bits(collect(m), outputs_));
            }
    }
    void check_digest(const std::vector<double>& got) const {
        CHECK(got.size() == expected_.size());
        CHECK(test::same_bits(got, expected_));
    }

    const problem<T>& p_;
    const subject<T>& f_;
    std::size_t runs_ = 0;
    numbers<T> x_;
    std::vector<T> outputs_;
    std::vector<double> expected_;
    rlhf::counts whole_;
};

} // namespace

template <class T>
call<T> call<T>::part(std::int64_t first, std::int64_t count) const {
    call c{.batch = batch.part(first, count), .in = {}, .sequence = {}, .out = {}, .run = run, .add = add};
    for (auto& v : in) c.in.push_back(rlhf::part(v, batch, first, count));
    for (auto& v : out) c.out.push_back(rlhf::part(v, batch, first, count));
    for (auto& v : sequence) c.sequence.push_back(rlhf::part(rlhf::per_sequence(v), batch, first, count));
    for (auto& v : narrow) c.narrow.push_back(rlhf::part(v, batch, first, count));
    for (auto& v : wide) c.wide.push_back(rlhf::part(v, batch, first, count));
    return c;
}

template <class T>
void holds_for(const problem<T>& p, const subject<T>& f) {
    harness<T>(p, f).run();
}

void threads::operator()(std::size_t pieces, rlhf::task body) const {
    std::vector<std::thread> pool;
    for (std::size_t k = 0; k < n_; ++k)
        pool.emplace_back([=, this] {
            for (std::size_t i = k; i < pieces; i += n_) body(pieces - 1 - i);
        });
    for (auto& t : pool) t.join();
}

template struct call<float>;
template struct call<double>;
template void holds_for(const problem<float>&, const subject<float>&);
template void holds_for(const problem<double>&, const subject<double>&);

} // namespace contract
