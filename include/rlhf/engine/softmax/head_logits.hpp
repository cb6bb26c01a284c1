// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/linear_head.hpp>
#include <rlhf/engine/softmax/logits_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// Rows of logits that a linear head computes into a workspace, a chunk at a time (DESIGN.md, D17). It has the members
/// that stored_logits documents.
template <class E>
class head_logits {
    static_assert(std::same_as<E, float> || std::same_as<E, double>, "rlhf: a linear head is of float or double");

public:
    using element_type = E;
    static constexpr double scale = 1; ///< the products have the factors

    head_logits(call& c, const linear_head<E>& head, const linear_head_gradient<E>& d = {})
        : product_(head.product), vocab_(head.vocab), size_(head.hidden_size) {
        check_logits_batch(c);
        if (vocab_ < 1 || size_ < 1)
            fail(c.function(), "the head is [%lld, %lld], expected at least [1, 1]", vocab_, size_);
        if (!product_) fail(c.function(), "product is missing: pass a matrix product such as rlhf::eigen_product");
        hidden_ = bind(c, head.hidden, c.tokens(), "hidden", access::read);
        weights_ = bind(c, head.weights, vocab_, "weights", access::read_once);
        d_hidden_ = bind(c, d.hidden.to, c.tokens(), "d_hidden", access::write, hidden_.data);
        d_weights_ = bind(c, d.weights.to, vocab_, "d_weights", access::write);
        check_finite<E>(c.function(), "d_hidden", d.hidden.scale);
        check_finite<E>(c.function(), "d_weights", d.weights.scale);
        d_hidden_.scale = E(d.hidden.scale), d_hidden_.add = d.hidden.add;
        d_weights_.scale = E(d.weights.scale), d_weights_.add = d.weights.add;
        const view<E>& w = head.workspace;
        const std::int64_t row = vocab_ + size_, room = w.rows() < 0 ? w.cols() : times(w.rows(), w.cols());
        const std::int64_t apart = w.rows() == w.per_sequence ? 1 : w.cols(); // rows without gaps
        if (w.rows() != w.flat && w.rows() != 1 && w.stride() != apart)
            fail(c.function(), "workspace has a stride of %lld, expected %lld (no gaps)", w.stride(), apart);
        if (room < row)
            fail(c.function(), "workspace has %lld elements, expected at least %lld (vocab + hidden_size)", room, row);
        c.arrays().add(w.data(), sizeof(E), "workspace", 1, room, room, access::write);
        rows_ = (std::min)(room / row, most_rows);
        logits_ = w.data(), gathered_ = logits_ + rows_ * vocab_;
    }

    [[nodiscard]] std::int64_t vocab() const { return vocab_; }
    [[nodiscard]] bool has_gradient() const { return d_hidden_.data != nullptr || d_weights_.data != nullptr; }

    template <class Totals, class Row>
    [[nodiscard]] Totals sweep(const call& c, const executor& run, Row&& row) const {
        Totals all;
        chunk now;
        bool add = d_weights_.add;
        const auto finish = [&] {
            multiply(now);
            all +=
                sum_pieces<Totals>(run, now.size, [&](std::int64_t i, Totals& part) { row(now.places[at(i)], part); });
            multiply_back(now, add);
            now.size = 0, add = true;
        };
        for (std::int64_t s = 0; s < c.size(); ++s) {
            const sequence_mask mask = c.mask(s);
            const std::int64_t begin = c.begin(s), first = c.batch().packed() ? begin : s * c.length(s);
            for (std::int64_t t = 0; t < c.length(s); ++t) {
                position here{s, begin, t, t < mask.length && mask[t]};
                if (!here.counted) {
                    row(here, all), clear(first + t);
                    continue;
                }
                here.index = now.size;
                now.tokens[at(now.size)] = first + t, now.places[at(now.size++)] = here;
                if (now.size == rows_) finish();
            }
        }
        if (now.size > 0) finish();
        for (std::int64_t v = 0; v < vocab_ && !add && d_weights_.data != nullptr; ++v) // no token counts
            std::fill_n(d_weights_.row(v), size_, E(0));
        all.normalize();
        return all;
    }

    [[nodiscard]] const E* at(const position& here) const { return logits_ + here.index * vocab_; }
    template <class Rows>
    void write(const Rows& rows, const position& here, const softmax_stats& softmax, const logit_slopes& g,
               std::int64_t target) const {
        if (here.counted)
            rows.write(at(here), vocab_, softmax, g, target, logits_ + here.index * vocab_, vocab_, false);
    }

private:
    static constexpr std::int64_t most_rows = 512;
    template <class X>
    struct matrix {
        X* data = nullptr;
        std::int64_t stride = 0;
        E scale = 1;
        bool add = false;
        [[nodiscard]] X* row(std::int64_t i) const { return data + i * stride; }
    };
    /// The tokens whose rows are in the workspace.
    struct chunk {
        std::int64_t size = 0;
        std::array<position, static_cast<std::size_t>(most_rows)> places;
        std::array<std::int64_t, static_cast<std::size_t>(most_rows)> tokens;
    };

    static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

    /// Checks and adds a matrix [rows, hidden_size].
    template <class X>
    matrix<X> bind(call& c, const view<X>& v, std::int64_t rows, const char* name, access how,
                   const void* in_place_of = nullptr) const {
        if (v.absent()) {
            if (how != access::write && rows > 0) fail(c.function(), "%s is missing", name);
            return {};
        }
        if (v.rows() == v.flat && v.cols() != times(rows, size_))
            fail(c.function(), "%s is [1, %lld], expected [%lld, %lld]", name, v.cols(), rows, size_);
        return {v.data(), c.arrays().add(v, name, {rows, size_}, how, in_place_of)};
    }

    void multiply(const chunk& now) const {
        for (std::int64_t i = 0; i < now.size; ++i)
            std::copy_n(hidden_.row(now.tokens[at(i)]), size_, gathered_ + i * size_);
        product_({.rows = now.size,
                  .cols = vocab_,
                  .inner = size_,
                  .a = {gathered_, size_},
                  .b = {weights_.data, weights_.stride, true},
                  .c = logits_,
                  .c_stride = vocab_});
    }
    /// Multiplies the gradient of the logits, which is in their place now, into weights and hidden states.
    void multiply_back(const chunk& now, bool add_to_weights) const {
        if (d_weights_.data != nullptr)
            product_({.rows = vocab_,
                      .cols = size_,
                      .inner = now.size,
                      .a = {logits_, vocab_, true},
                      .b = {gathered_, size_},
                      .c = d_weights_.data,
                      .c_stride = d_weights_.stride,
                      .factor = d_weights_.scale,
                      .add = add_to_weights});
        if (d_hidden_.data == nullptr) return;
        product_({.rows = now.size,
                  .cols = size_,
                  .inner = vocab_,
                  .a = {logits_, vocab_},
                  .b = {weights_.data, weights_.stride},
                  .c = gathered_,
                  .c_stride = size_,
                  .factor = d_hidden_.scale});
        for (std::int64_t i = 0; i < now.size; ++i) {
            const E* const from = gathered_ + i * size_;
            E* const to = d_hidden_.row(now.tokens[at(i)]);
            for (std::int64_t k = 0; k < size_; ++k) to[k] = d_hidden_.add ? to[k] + from[k] : from[k];
        }
    }
    void clear(std::int64_t token) const {
        if (d_hidden_.data != nullptr && !d_hidden_.add) std::fill_n(d_hidden_.row(token), size_, E(0));
    }

    matrix_product<E> product_;
    std::int64_t vocab_, size_, rows_ = 0;
    matrix<const E> hidden_, weights_;
    matrix<E> d_hidden_, d_weights_;
    E *logits_ = nullptr, *gathered_ = nullptr;
};

} // namespace RLHF_NAMESPACE::detail
