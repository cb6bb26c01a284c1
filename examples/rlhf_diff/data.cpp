// SPDX-License-Identifier: MIT
#include "data.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <stdexcept>

namespace diff {

namespace {

struct source {
    const arrays& file;
    const std::string& path;
    const given& more;
    data& to;
    double epsilon = 0;                    ///< the largest ε of the arrays that were read
    std::vector<std::int64_t> starts = {}; ///< [B + 1] of packed arrays; empty: arrays are [B, T]

    [[noreturn]] void fail(const std::string& name, const std::string& what) const {
        throw std::runtime_error(path + ": " + name + " " + what);
    }

    /// The array of a role, or null if it is absent. Throws for an array that cannot be used.
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
                fail(n, "has a number of elements that differs from its shape");
            to.found.emplace_back(role_name, n);
            return &found->second;
        }
        return nullptr;
    }

    /// The shape of an array with a number per token.
    [[nodiscard]] std::vector<std::int64_t> whole() const {
        if (!starts.empty()) return {starts.back()};
        return {to.sequences, to.steps};
    }
    [[nodiscard]] bool is_whole(const std::vector<std::int64_t>& shape) const {
        return shape == whole() || (!starts.empty() && shape == std::vector<std::int64_t>{1, starts.back()});
    }
    /// Packed numbers as [B, T], with zeros in between.
    [[nodiscard]] std::vector<double> padded(const std::vector<double>& x) const {
        if (starts.empty()) return x;
        std::vector<double> rows(static_cast<std::size_t>(to.sequences * to.steps));
        for (std::size_t q = 0; q + 1 < starts.size(); ++q)
            std::copy(x.begin() + starts[q], x.begin() + starts[q + 1],
                      rows.begin() + static_cast<std::int64_t>(q) * to.steps);
        return rows;
    }

    /// [B, T], or empty. An array [B, 1] has one number per sequence.
    std::vector<double> per_token(const std::string& role_name) {
        std::string name;
        const array* a = find(role_name, name);
        if (a == nullptr) return {};
        epsilon = std::max(epsilon, a->epsilon);
        std::vector<double> x = a->numbers;
        const std::vector<std::int64_t> row{to.sequences}, column{to.sequences, 1};
        if (is_whole(a->shape)) return check(padded(x), name);
        if ((a->shape != row && a->shape != column) || role_name != "advantages")
            fail(name, "is " + text_of(a->shape) + ", expected " + text_of(whole()));
        std::vector<double> spread;
        for (const double e : x) spread.insert(spread.end(), static_cast<std::size_t>(to.steps), e);
        return check(spread, name);
    }
    std::vector<double> check(std::vector<double> x, const std::string& name) const {
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

/// "a [2, 3], b [4]": the arrays of the file.
std::string list_of(const arrays& file) {
    constexpr std::size_t most = 20;
    std::string text;
    std::size_t n = 0;
    for (const auto& [name, a] : file) {
        if (++n > most) return text + ", …";
        text += (text.empty() ? "" : ", ") + name + " " + text_of(a.shape);
    }
    return text.empty() ? "nothing" : text;
}

/// Where packed sequences begin, from their offsets or lengths. Empty if the file has neither.
std::vector<std::int64_t> packed_starts(source& s, std::int64_t tokens) {
    std::string name;
    std::vector<std::int64_t> starts;
    const auto whole_number = [&](double x) {
        if (!(x >= 0 && x <= static_cast<double>(tokens) && x == std::floor(x)))
            s.fail(name, "has a number that is not an integer from 0 to " + std::to_string(tokens));
        return static_cast<std::int64_t>(x);
    };
    if (const array* offsets = s.find("offsets", name)) {
        for (const double x : offsets->numbers) {
            const std::int64_t at = whole_number(x);
            if (!starts.empty() && at < starts.back()) s.fail(name, "does not rise");
            starts.push_back(at);
        }
    } else if (const array* lengths = s.find("lengths", name)) {
        starts.push_back(0);
        for (const double x : lengths->numbers) starts.push_back(starts.back() + whole_number(x));
    } else {
        return {};
    }
    if (starts.size() < 2 || starts.front() != 0 || starts.back() != tokens)
        s.fail(name, "does not cut " + std::to_string(tokens) + " tokens into sequences");
    return starts;
}

/// Shape and mask. log_probs say how many sequences and steps there are, or offsets or lengths if they are packed.
void read_shape(source& s) {
    std::string name;
    const array* a = s.find("log_probs", name);
    if (a == nullptr)
        throw std::runtime_error(s.path + " has no log_probs: name them by --log-probs. It has " + list_of(s.file));
    data& d = s.to;
    const bool in_a_row = a->shape.size() == 1 || (a->shape.size() == 2 && a->shape[0] == 1);
    if (in_a_row) s.starts = packed_starts(s, static_cast<std::int64_t>(a->numbers.size()));
    if (a->shape.size() != 2 && s.starts.empty())
        s.fail(name, "is " + text_of(a->shape) + ", expected [sequences, steps], or offsets or lengths with it");
    std::erase_if(d.found, [](const auto& x) { return x.first == "log_probs"; }); // it is read again
    if (s.starts.empty()) {
        d.sequences = a->shape[0], d.steps = a->shape[1];
    } else {
        d.sequences = static_cast<std::int64_t>(s.starts.size()) - 1;
        for (std::size_t q = 1; q < s.starts.size(); ++q) d.steps = std::max(d.steps, s.starts[q] - s.starts[q - 1]);
    }
    const array* mask = s.find("mask", name);
    if (mask != nullptr && !s.is_whole(mask->shape))
        s.fail(name, "is " + text_of(mask->shape) + ", expected " + text_of(s.whole()));
    const std::vector<double> bytes = s.padded(mask ? mask->numbers : std::vector<double>(a->numbers.size(), 1));
    for (const double x : bytes) {
        if (x != 0 && x != 1) s.fail(name, "has numbers other than 0 and 1");
        d.mask.push_back(x != 0 ? 1 : 0);
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
        d.found.pop_back(); // it is read again
        if (s.is_whole(a->shape) && d.steps > 1)
            d.token_rewards = s.per_token("rewards");
        else
            d.scores = s.per_sequence("rewards");
    }
    if (d.scores.empty() && !d.token_rewards.empty())
        for (std::int64_t q = 0; q < d.sequences; ++q) { // trainers' GRPO adds up the rewards of tokens
            double sum = 0;
            for (std::int64_t i = q * d.steps; i < (q + 1) * d.steps; ++i)
                if (d.mask[static_cast<std::size_t>(i)] != 0) sum += d.token_rewards[static_cast<std::size_t>(i)];
            d.scores.push_back(sum);
        }
    d.baselines = s.per_sequence("baselines");
    for (const double id : s.per_sequence("group_ids")) {
        if (!(std::fabs(id) < 1e15)) s.fail(d.found.back().second, "has an id that is not a number below 1e15");
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

/// Groups in which no sequence is better than another, by rewards or, without rewards, by advantages.
void find_groups_that_teach(data& d) {
    d.teaches.assign(static_cast<std::size_t>(d.sequences), 1);
    if (d.groups.empty()) return;
    std::vector<double> by = d.scores;
    if (by.empty() && !d.advantages.empty()) { // 0, or if an advantage is not 0, a number that no other sequence has
        by.assign(d.teaches.size(), 0);
        for (std::size_t t = 0; t < d.advantages.size(); ++t)
            if (d.advantages[t] != 0) by[static_cast<std::size_t>(d.sequence[t])] = static_cast<double>(t + 1);
    }
    std::map<std::int64_t, std::vector<std::size_t>> members;
    for (std::size_t q = 0; q < by.size(); ++q) members[d.groups[q]].push_back(q);
    for (const auto& [id, of] : members)
        if (std::all_of(of.begin(), of.end(), [&](std::size_t q) { return by[q] == by[of.front()]; }) && of.size() > 1)
            for (const std::size_t q : of) d.teaches[q] = 0;
}

/// A single number of the file.
std::optional<double> one_number(source& s, const char* role_name) {
    std::string name;
    const array* a = s.find(role_name, name);
    if (a == nullptr) return {};
    if (a->numbers.size() != 1) s.fail(name, "is " + text_of(a->shape) + ", expected one number");
    if (!std::isfinite(a->numbers[0])) s.fail(name, "is not finite");
    s.epsilon = std::max(s.epsilon, a->epsilon);
    return a->numbers[0];
}

/// The loss as it was printed, or from the file.
void read_loss(source& s) {
    data& d = s.to;
    if (s.more.loss.empty()) {
        d.loss = one_number(s, "loss");
        return;
    }
    char* end = nullptr;
    d.loss = std::strtod(s.more.loss.c_str(), &end);
    if (*end != 0 || !std::isfinite(*d.loss))
        throw std::runtime_error("--loss is " + s.more.loss + ", expected a number");
    const std::string digits = s.more.loss.substr(0, s.more.loss.find_first_of("eE"));
    const std::size_t point = digits.find('.'), e = s.more.loss.find_first_of("eE");
    const double power = e == std::string::npos ? 0 : std::strtod(s.more.loss.c_str() + e + 1, nullptr);
    const double decimals = point == std::string::npos ? 0 : static_cast<double>(digits.size() - point - 1);
    d.loss_digits = 0.5 * std::pow(10, power - decimals);
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
    d.new_values = s.counted(s.per_token("new_values")), d.returns = s.counted(s.per_token("returns"));
    d.entropy = s.counted(s.per_token("entropy"));
    read_rewards(s);
    find_groups_that_teach(d);
    d.gradient = s.counted(s.per_token("gradient"));
    read_loss(s);
    d.value_gradient = s.counted(s.per_token("value_gradient")), d.value_loss = one_number(s, "value_loss");
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
