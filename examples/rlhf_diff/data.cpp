// SPDX-License-Identifier: MIT
#include "data.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <stdexcept>

namespace diff {

const std::vector<role>& roles() {
    static const std::vector<role> all{
        {"log_probs",
         {"log_probs", "logprobs", "logps", "per_token_logps", "log_prob", "action_log_probs", "new_logprobs"},
         "[B, T] of the policy that learns"},
        {"old_log_probs",
         {"old_log_probs", "old_logprobs", "old_per_token_logps", "old_log_prob", "old_logps", "prev_logprobs"},
         "[B, T] of the policy before the step"},
        {"ref_log_probs",
         {"ref_log_probs", "ref_logprobs", "ref_per_token_logps", "ref_log_prob", "ref_logps", "reference_log_probs"},
         "[B, T] of the reference"},
        {"behavior_log_probs",
         {"behavior_log_probs", "rollout_log_probs", "rollout_logprobs", "sampling_per_token_logps",
          "generation_logprobs", "inference_logprobs"},
         "[B, T] of the sampler"},
        {"advantages", {"advantages", "advantage"}, "[B, T] or [B]"},
        {"rewards",
         {"rewards", "scores", "reward", "token_level_rewards", "token_level_scores"},
         "[B] one per sequence, or [B, T]"},
        {"baselines", {"baselines", "reward_baselines"}, "[B] subtracted from rewards"},
        {"values", {"values", "old_values"}, "[B, T] of the critic at the rollout"},
        {"mask",
         {"mask", "response_mask", "completion_mask", "action_mask", "loss_mask", "attention_mask"},
         "[B, T] tokens that count; absent: all"},
        {"group_ids", {"group_ids", "groups", "group", "uid", "uids", "index", "prompt_index"}, "[B] which prompt"},
        {"gradient",
         {"gradient", "d_log_probs", "grad", "log_probs_grad", "log_probs.grad", "grad_log_probs"},
         "[B, T] of the loss with respect to log_probs"},
        {"loss", {"loss", "pg_loss", "policy_loss"}, "one number"}};
    return all;
}

namespace {

struct source {
    const arrays& file;
    const std::string& path;
    const given& more;
    data& to;
    double epsilon = 0; ///< the largest of what was read

    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        throw std::runtime_error(path + ": " + name + " " + what);
    }

    /// The array of a role; none if it is absent. Throws for one that cannot be used.
    const array* find(const std::string& role_name, std::string& name) {
        const auto said = more.names.find(role_name);
        if (said != more.names.end() && !file.contains(said->second)) fail(said->second, "is not in the file");
        const auto is = [&](const role& r) { return r.name == role_name; };
        std::vector<std::string> names = std::find_if(roles().begin(), roles().end(), is)->names;
        if (said != more.names.end()) names = {said->second};
        for (const std::string& n : names) {
            const auto found = file.find(n);
            if (found == file.end()) continue;
            name = n;
            if (!found->second.problem.empty()) fail(n, found->second.problem);
            double elements = 1;
            for (const std::int64_t size : found->second.shape) elements *= static_cast<double>(size);
            if (elements != static_cast<double>(found->second.numbers.size()))
                fail(n, "has not as many elements as its shape");
            to.found.emplace_back(role_name, n);
            return &found->second;
        }
        return nullptr;
    }

    [[nodiscard]] std::vector<std::int64_t> whole() const { return {to.sequences, to.steps}; }

    /// [B, T], or empty. A row per sequence with one column is one number per sequence.
    std::vector<double> per_token(const std::string& role_name) {
        std::string name;
        const array* a = find(role_name, name);
        if (a == nullptr) return {};
        epsilon = std::max(epsilon, a->epsilon);
        std::vector<double> x = a->numbers;
        const std::vector<std::int64_t> row{to.sequences}, column{to.sequences, 1};
        if (a->shape == whole()) return check(x, name);
        if ((a->shape != row && a->shape != column) || role_name != "advantages")
            fail(name, "is " + text_of(a->shape) + ", expected " + text_of(whole()));
        std::vector<double> spread;
        for (const double e : x) spread.insert(spread.end(), static_cast<std::size_t>(to.steps), e);
        return check(spread, name);
    }
    const std::vector<double>& check(const std::vector<double>& x, const std::string& name) const {
        for (std::size_t i = 0; i < x.size(); ++i)
            if (to.mask[i] != 0 && !std::isfinite(x[i]))
                fail(name, "is not finite at sequence " + std::to_string(i / static_cast<std::size_t>(to.steps)) +
                               ", step " + std::to_string(i % static_cast<std::size_t>(to.steps)) + ", which counts");
        return x;
    }
    std::vector<double> per_sequence(const std::string& role_name) {
        std::string name;
        const array* a = find(role_name, name);
        if (a == nullptr) return {};
        if (a->numbers.size() != static_cast<std::size_t>(to.sequences))
            fail(name, "is " + text_of(a->shape) + ", expected " + text_of({to.sequences}));
        epsilon = std::max(epsilon, a->epsilon);
        return a->numbers;
    }
    [[nodiscard]] std::vector<double> counted(const std::vector<double>& x) const {
        std::vector<double> packed;
        if (!x.empty())
            for (const std::int64_t at : to.place) packed.push_back(x[static_cast<std::size_t>(at)]);
        return packed;
    }
};

/// Shape and mask: log_probs say how many sequences and steps there are.
void read_shape(source& s) {
    std::string name;
    const array* a = s.find("log_probs", name);
    if (a == nullptr) throw std::runtime_error(s.path + " has no log_probs: name them by --log-probs");
    if (a->shape.size() != 2) s.fail(name, "is " + text_of(a->shape) + ", expected [sequences, steps]");
    s.to.found.clear(); // it is read again
    data& d = s.to;
    d.sequences = a->shape[0], d.steps = a->shape[1];
    d.mask.assign(a->numbers.size(), 1);
    if (const array* mask = s.find("mask", name)) {
        if (mask->shape != a->shape) s.fail(name, "is " + text_of(mask->shape) + ", expected " + text_of(a->shape));
        for (std::size_t i = 0; i < d.mask.size(); ++i) {
            if (mask->numbers[i] != 0 && mask->numbers[i] != 1) s.fail(name, "has numbers other than 0 and 1");
            d.mask[i] = mask->numbers[i] != 0 ? 1 : 0;
        }
    }
    d.offsets = {0};
    for (std::int64_t q = 0; q < d.sequences; ++q) {
        for (std::int64_t t = q * d.steps; t < (q + 1) * d.steps; ++t)
            if (d.mask[static_cast<std::size_t>(t)] != 0) d.place.push_back(t), d.sequence.push_back(q);
        d.offsets.push_back(d.tokens());
    }
    if (d.place.empty()) throw std::runtime_error(s.path + " has no token that counts");
}

void read_rewards(source& s) {
    std::string name;
    data& d = s.to;
    if (const array* a = s.find("rewards", name)) {
        if (a->shape == s.whole() && d.steps > 1)
            s.to.found.pop_back(), d.token_rewards = s.per_token("rewards");
        else
            s.to.found.pop_back(), d.scores = s.per_sequence("rewards");
    }
    if (d.scores.empty() && !d.token_rewards.empty())
        for (std::int64_t q = 0; q < d.sequences; ++q) { // GRPO of trainers adds the rewards of tokens up
            double sum = 0;
            for (std::int64_t i = q * d.steps; i < (q + 1) * d.steps; ++i)
                if (d.mask[static_cast<std::size_t>(i)] != 0) sum += d.token_rewards[static_cast<std::size_t>(i)];
            d.scores.push_back(sum);
        }
    d.baselines = s.per_sequence("baselines");
    for (const double id : s.per_sequence("group_ids")) {
        if (!(std::fabs(id) < 1e15)) s.fail(d.found.back().second, "has an id that is no whole number");
        d.groups.push_back(static_cast<std::int64_t>(id));
    }
    if (s.more.group_size > 0) {
        if (d.sequences % s.more.group_size != 0)
            throw std::runtime_error(s.path + ": groups of " + std::to_string(s.more.group_size) + " do not divide " +
                                     std::to_string(d.sequences) + " sequences");
        d.groups.clear();
        for (std::int64_t q = 0; q < d.sequences; ++q) d.groups.push_back(q / s.more.group_size);
    }
}

/// The loss as it was printed, or from the file.
void read_loss(source& s) {
    data& d = s.to;
    std::string name;
    if (!s.more.loss.empty()) {
        char* end = nullptr;
        d.loss = std::strtod(s.more.loss.c_str(), &end);
        if (*end != 0 || !std::isfinite(*d.loss))
            throw std::runtime_error("--loss is " + s.more.loss + ", expected a number");
        const std::string digits = s.more.loss.substr(0, s.more.loss.find_first_of("eE"));
        const std::size_t point = digits.find('.'), e = s.more.loss.find_first_of("eE");
        const double power = e == std::string::npos ? 0 : std::strtod(s.more.loss.c_str() + e + 1, nullptr);
        const double decimals = point == std::string::npos ? 0 : static_cast<double>(digits.size() - point - 1);
        d.loss_digits = 0.5 * std::pow(10, power - decimals);
    } else if (const array* a = s.find("loss", name)) {
        if (a->numbers.size() != 1) s.fail(name, "is " + text_of(a->shape) + ", expected one number");
        if (!std::isfinite(a->numbers[0])) s.fail(name, "is not finite");
        d.loss = a->numbers[0];
        s.epsilon = std::max(s.epsilon, a->epsilon);
    }
}

} // namespace

data batch_of(const arrays& file, const std::string& path, const given& more) {
    data d;
    source s{file, path, more, d};
    read_shape(s);
    const std::vector<double> log_probs = s.per_token("log_probs"), old = s.per_token("old_log_probs");
    d.log_probs = s.counted(log_probs), d.old_log_probs = s.counted(old);
    d.rollout_log_probs = old.empty() ? log_probs : old;
    d.rollout_ref_log_probs = s.per_token("ref_log_probs"), d.ref_log_probs = s.counted(d.rollout_ref_log_probs);
    d.behavior_log_probs = s.counted(s.per_token("behavior_log_probs"));
    d.advantages = s.counted(s.per_token("advantages"));
    d.values = s.per_token("values");
    read_rewards(s);
    d.gradient = s.counted(s.per_token("gradient"));
    read_loss(s);
    if (!d.loss && d.gradient.empty())
        throw std::runtime_error(path + " has neither loss nor gradient: print one by --loss, or name them by "
                                        "--loss-array and --gradient");
    const double epsilon = std::max(s.epsilon, 0x1p-52);
    d.tolerance = more.tolerance > 0 ? more.tolerance : epsilon < 0x1p-40 ? 0x1p-32 : 32 * epsilon;
    d.precision = more.tolerance > 0   ? "given"
                  : epsilon < 0x1p-40  ? "float64"
                  : epsilon == 0x1p-23 ? "float32"
                                       : "16 bits";
    d.longest = more.longest > 0 ? more.longest : d.steps;
    d.step_tokens = more.tokens, d.step_sequences = more.sequences;
    return d;
}

} // namespace diff
