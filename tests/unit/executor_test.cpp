// SPDX-License-Identifier: MIT
#include "support/cases.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>
#if defined(_OPENMP)
#include <rlhf/with/openmp.hpp>
#endif

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace {

/// A pool as trainers have it: workers that wait for pieces.
class pool {
public:
    explicit pool(std::size_t n) {
        for (std::size_t k = 0; k < n; ++k) workers_.emplace_back([this] { work(); });
    }
    ~pool() {
        {
            const std::lock_guard lock(guard_);
            stop_ = true;
        }
        wake_.notify_all();
        for (auto& w : workers_) w.join();
    }
    void operator()(std::size_t n, rlhf::task body) {
        std::unique_lock lock(guard_);
        body_ = body, next_ = 0, left_ = size_ = n, ++calls;
        wake_.notify_all();
        done_.wait(lock, [this] { return left_ == 0; });
    }
    int calls = 0;

private:
    void work() {
        std::unique_lock lock(guard_);
        for (;;) {
            wake_.wait(lock, [this] { return stop_ || next_ < size_; });
            if (stop_) return;
            const std::size_t i = next_++;
            const auto body = *body_;
            lock.unlock();
            body(i);
            lock.lock();
            if (--left_ == 0) done_.notify_all();
        }
    }
    std::mutex guard_;
    std::condition_variable wake_, done_;
    std::optional<rlhf::task> body_;
    std::size_t next_ = 0, size_ = 0, left_ = 0;
    bool stop_ = false;
    std::vector<std::thread> workers_;
};

int plain_calls = 0;
void plain_function(std::size_t n, rlhf::task body) {
    ++plain_calls;
    for (std::size_t i = n; i-- > 0;) body(i);
}

} // namespace

TEST_CASE("executor: every callable runs every piece once") {
    const auto each_once = [](const rlhf::executor& run) {
        for (const std::size_t n : {0U, 1U, 2U, 37U}) {
            std::vector<std::atomic<int>> seen(n);
            run(n, [&](std::size_t i) { ++seen[i]; });
            for (const auto& s : seen) CHECK(s == 1);
        }
    };
    each_once({});
    each_once(plain_function);
    CHECK(plain_calls == 2); // nothing to share out of 0 or 1
    each_once(&plain_function);
    each_once([](std::size_t n, auto body) {
        for (std::size_t i = 0; i < n; ++i) body(i);
    });
    const auto constant = [](std::size_t n, const rlhf::task& body) {
        for (std::size_t i = n; i-- > 0;) body(i);
    };
    each_once(constant);
    each_once([calls = 0](std::size_t n, rlhf::task body) mutable {
        ++calls;
        for (std::size_t i = 0; i < n; ++i) body(i);
    });
    int calls = 0;
    std::function<void(std::size_t, rlhf::task)> function = [&](std::size_t n, rlhf::task body) {
        ++calls;
        for (std::size_t i = 0; i < n; ++i) body(i);
    };
    each_once(function);
    CHECK(calls == 2);
    pool threads(3);
    each_once(threads);
    CHECK(threads.calls == 2);
    const rlhf::executor copy(threads), again(copy); // copies run the same threads, not each other
    each_once(again);
    CHECK(threads.calls == 4);
#if defined(_OPENMP)
    each_once(rlhf::openmp);
#endif
}

TEST_CASE("executor: the same bits under every executor, for many short rows and for one long one") {
    for (const std::size_t steps : {64U, 100000U}) {
        const std::size_t rows = 128000 / steps, n = rows * steps;
        test::random r(1);
        const auto lp = test::normals<float>(r, n, -1, 0.3), old = test::nearby(r, lp),
                   advantages = test::advantages<float>(r, n);
        const auto mask = test::flags(r, n, 0.8);
        const rlhf::batch b{.sequences = rows, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
        const auto run = [&](const rlhf::executor& e) {
            std::vector<float> d(n);
            const auto result = rlhf::ppo_policy_loss(
                b, {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d}, {}, e);
            return std::tuple(d, result.loss(), result.approx_kl(), result.mean_ratio(), result.max_log_ratio());
        };
        const auto want = run({});
        std::size_t pieces = 0;
        CHECK(run([&](std::size_t count, rlhf::task body) {
                  pieces = count;
                  for (std::size_t i = 0; i < count; ++i)
                      body((i * 5 + 3) % count); // some order, if 5 does not divide count
              }) == want);
        CHECK(pieces > 1);
        CHECK(pieces % 5 != 0);
        pool threads(3);
        for (int round = 0; round < 5; ++round) CHECK(run(threads) == want);
        CHECK(threads.calls == 5);
#if defined(_OPENMP)
        CHECK(run(rlhf::openmp) == want);
#endif
    }
}

TEST_CASE("executor: a long row that is cut into pieces has the bits of a call on that row alone") {
    const std::size_t rows = 3, steps = 40000, n = rows * steps;
    test::random r(2);
    const auto lp = test::normals<float>(r, n, -1, 0.3), old = test::nearby(r, lp),
               advantages = test::advantages<float>(r, n);
    const auto mask = test::flags(r, n, 0.8);
    rlhf::batch b{.sequences = rows, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<float> d(n, -1), parts(n, -2);
    const auto whole =
        rlhf::ppo_policy_loss(b, {.log_probs = lp, .old_log_probs = old, .advantages = advantages, .d_log_probs = d});
    const auto denominator = rlhf::count(b);
    rlhf::ppo_policy_loss_result joined;
    for (std::size_t s = 0; s < rows; ++s) {
        const auto row = [&](auto& x) { return std::span(x).subspan(s * steps, steps); };
        const rlhf::batch one{.sequences = 1, .steps = steps, .mask = row(mask), .denominator = denominator};
        joined += rlhf::ppo_policy_loss<float>(one, {.log_probs = row(lp),
                                                     .old_log_probs = row(old),
                                                     .advantages = row(advantages),
                                                     .d_log_probs = row(parts)});
    }
    CHECK(test::same_bits(d, parts));
    CHECK(joined.loss() == whole.loss());
    CHECK(joined.mean_ratio() == whole.mean_ratio());
}
