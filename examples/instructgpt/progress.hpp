// SPDX-License-Identifier: MIT
// Miniature InstructGPT: what the run is doing and how long it takes, on a terminal only.
#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <unistd.h>

/// Counts the work of all threads. One unit is about one token that a language model learns from.
class progress {
public:
    using clock = std::chrono::steady_clock;

    explicit progress(double total_work) : total_(total_work), shown_(isatty(fileno(stdout)) != 0) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() {
        if (shown_) std::printf("\r\033[K");
    }

    /// Sets how many threads work from now on.
    void side_by_side(unsigned threads) { side_by_side_ = threads; }

    void advance(const std::string& what, double work) {
        const std::lock_guard lock(mutex_);
        done_ += work / side_by_side_;
        const auto now = clock::now();
        if (!shown_ || now - printed_ < std::chrono::milliseconds(250)) return;
        printed_ = now;
        const double part = done_ < 0.99 * total_ ? done_ / total_ : 0.99;
        std::printf("\r\033[K%3.0f %%, about %.0f s left: %s", 100 * part, seconds() * (1 / part - 1), what.c_str());
        std::fflush(stdout);
    }
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(clock::now() - start_).count(); }

private:
    std::mutex mutex_;
    clock::time_point start_ = clock::now(), printed_ = start_; ///< printed_: the time of the last message
    double total_, done_ = 0, side_by_side_ = 1;
    bool shown_;
};
