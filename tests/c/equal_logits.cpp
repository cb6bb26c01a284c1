// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class E>
void equal_cross_entropy_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_cross_entropy_loss_result>();
    ok(rlhf_cross_entropy_loss(&batch, &c_logits, &c_targets, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::cross_entropy_loss(world::batch(), logits.cpp(), targets, rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.nll, x.nll()));
    CHECK(same(r.perplexity, x.perplexity()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(d.same());
}
TEST_CASE("cross_entropy_loss of C") {
    equal_cross_entropy_loss<float>();
    equal_cross_entropy_loss<rlhf::bfloat16>();
    equal_cross_entropy_loss<double>();
    equal_cross_entropy_loss<rlhf::float16>();
}

template <class E>
void equal_kept_log_probs() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    const world::kept k;
    auto c_k = sized<rlhf_kept_set>();
    c_k.ids = read(k.ids), c_k.offsets = read(k.offsets);
    auto a = sized<rlhf_kept_log_probs_arrays>();
    const auto log_sum_exp = numbers<T>("log_sum_exp", "[B, T]");
    a.log_sum_exp = read(log_sum_exp);
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> log_kept(std::string("[B, T]"));
    a.log_kept = write(log_kept.c);
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_kept_log_probs(&batch, &c_logits, &c_targets, &c_k, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::kept_log_probs<T>(world::batch(), logits.cpp(), targets, {.ids = k.ids, .offsets = k.offsets},
                                           {.log_sum_exp = log_sum_exp, .log_probs = log_probs.cpp, .entropy = entropy.cpp, .log_kept = log_kept.cpp},
                                           {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(log_kept.same());
}
TEST_CASE("kept_log_probs of C") {
    equal_kept_log_probs<float>();
    equal_kept_log_probs<rlhf::bfloat16>();
}

template <class E>
void equal_kept_log_probs_backward() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    const world::kept k;
    auto c_k = sized<rlhf_kept_set>();
    c_k.ids = read(k.ids), c_k.offsets = read(k.offsets);
    auto a = sized<rlhf_kept_log_probs_backward_arrays>();
    const auto d_log_probs = numbers<T>("d_log_probs", "[B, T]");
    a.d_log_probs = read(d_log_probs);
    const auto d_entropy = numbers<T>("d_entropy", "[B, T]");
    a.d_entropy = read(d_entropy);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_kept_log_probs_backward(&batch, &c_logits, &c_targets, &c_k, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::kept_log_probs_backward<T>(world::batch(), logits.cpp(), targets,
                                                    {.ids = k.ids, .offsets = k.offsets},
                                                    {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                    rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(d.same());
}
TEST_CASE("kept_log_probs_backward of C") {
    equal_kept_log_probs_backward<float>();
    equal_kept_log_probs_backward<rlhf::bfloat16>();
}

template <class E>
void equal_logits_divergence() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    world::logits<E> reference;
    const rlhf_logits c_reference = reference.c();
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_divergence_sums>();
    ok(rlhf_logits_divergence(&batch, &c_logits, &c_reference, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::logits_divergence(world::batch(), logits.cpp(), reference.cpp(), rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.divergence, x.divergence()));
    CHECK(d.same());
}
TEST_CASE("logits_divergence of C") {
    equal_logits_divergence<float>();
    equal_logits_divergence<rlhf::bfloat16>();
    equal_logits_divergence<double>();
}

template <class E>
void equal_token_log_probs() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_token_log_probs_arrays>();
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> log_sum_exp(std::string("[B, T]"));
    a.log_sum_exp = write(log_sum_exp.c);
    output<T> collision(std::string("[B, T]"));
    a.collision = write(collision.c);
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_token_log_probs(&batch, &c_logits, &c_targets, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::token_log_probs<T>(world::batch(), logits.cpp(), targets,
                                            {.log_probs = log_probs.cpp, .entropy = entropy.cpp, .log_sum_exp = log_sum_exp.cpp, .collision = collision.cpp},
                                            {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(log_sum_exp.same());
    CHECK(collision.same());
}
TEST_CASE("token_log_probs of C") {
    equal_token_log_probs<float>();
    equal_token_log_probs<rlhf::bfloat16>();
    equal_token_log_probs<double>();
    equal_token_log_probs<rlhf::float16>();
}

template <class E>
void equal_token_log_probs_backward() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_token_log_probs_backward_arrays>();
    const auto log_sum_exp = numbers<T>("log_sum_exp", "[B, T]");
    a.log_sum_exp = read(log_sum_exp);
    const auto d_log_probs = numbers<T>("d_log_probs", "[B, T]");
    a.d_log_probs = read(d_log_probs);
    const auto d_entropy = numbers<T>("d_entropy", "[B, T]");
    a.d_entropy = read(d_entropy);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_token_log_probs_backward(&batch, &c_logits, &c_targets, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::token_log_probs_backward<T>(world::batch(), logits.cpp(), targets,
                                                     {.log_sum_exp = log_sum_exp, .d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                     rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(d.same());
}
TEST_CASE("token_log_probs_backward of C") {
    equal_token_log_probs_backward<float>();
    equal_token_log_probs_backward<rlhf::bfloat16>();
    equal_token_log_probs_backward<double>();
    equal_token_log_probs_backward<rlhf::float16>();
}

template <class E>
void equal_top_k_divergence() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const world::top_k k;
    auto c_k = sized<rlhf_top_k_reference>();
    c_k.k = 2, c_k.ids = read(k.ids), c_k.log_probs = read(k.log_probs);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_divergence_sums>();
    ok(rlhf_top_k_divergence(&batch, &c_logits, &c_k, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::top_k_divergence(world::batch(), logits.cpp(), {.k = 2, .ids = k.ids, .log_probs = k.log_probs},
                                          rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.divergence, x.divergence()));
    CHECK(d.same());
}
TEST_CASE("top_k_divergence of C") {
    equal_top_k_divergence<float>();
    equal_top_k_divergence<rlhf::bfloat16>();
    equal_top_k_divergence<double>();
    equal_top_k_divergence<rlhf::float16>();
}

template <class E>
void equal_vocab_shard_backward() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_vocab_shard_backward_arrays>();
    const auto combined = numbers<rlhf::vocab_shard>("combined", "[B, T]");
    a.combined = read(combined);
    const auto d_log_probs = numbers<T>("d_log_probs", "[B, T]");
    a.d_log_probs = read(d_log_probs);
    const auto d_entropy = numbers<T>("d_entropy", "[B, T]");
    a.d_entropy = read(d_entropy);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_vocab_shard_backward(&batch, &c_logits, 0, &c_targets, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::vocab_shard_backward<T>(world::batch(), logits.cpp(), 0, targets,
                                                 {.combined = combined, .d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                 rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(d.same());
}
TEST_CASE("vocab_shard_backward of C") {
    equal_vocab_shard_backward<float>();
    equal_vocab_shard_backward<rlhf::bfloat16>();
}

template <class T>
void equal_vocab_shard_log_probs() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_vocab_shard_log_probs_arrays>();
    const auto shards = numbers<rlhf::vocab_shard>("shards", "[ranks, B · T]");
    a.shards = read(shards);
    output<rlhf::vocab_shard> combined(std::string("[B, T]"));
    a.combined = write(combined.c);
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> log_sum_exp(std::string("[B, T]"));
    a.log_sum_exp = write(log_sum_exp.c);
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_vocab_shard_log_probs(&batch, &c_targets, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::vocab_shard_log_probs<T>(world::batch(), targets,
                                                  {.shards = shards, .combined = combined.cpp, .log_probs = log_probs.cpp, .entropy = entropy.cpp, .log_sum_exp = log_sum_exp.cpp},
                                                  {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(combined.same());
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(log_sum_exp.same());
}
TEST_CASE("vocab_shard_log_probs of C") {
    equal_vocab_shard_log_probs<float>();
    equal_vocab_shard_log_probs<double>();
}

template <class E>
void equal_vocab_shard_sums() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    output<rlhf::vocab_shard> shards(std::string("[B, T]"));
    const rlhf_out c_shards = write(shards.c);
    ok(rlhf_vocab_shard_sums(&batch, &c_logits, 0, &c_targets, &c_shards, nullptr, nullptr, &error), error);
    rlhf::vocab_shard_sums(world::batch(), logits.cpp(), 0, targets, shards.cpp, {});
    CHECK(shards.same());
}
TEST_CASE("vocab_shard_sums of C") {
    equal_vocab_shard_sums<float>();
    equal_vocab_shard_sums<rlhf::bfloat16>();
}

