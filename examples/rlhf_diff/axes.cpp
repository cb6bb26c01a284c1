// SPDX-License-Identifier: MIT
// How each axis would change the best match, and why the data cannot distinguish some values.
#include "search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace diff {

namespace {

const std::string* value_of(const settings& s, const std::string& name) {
    const auto at = std::find_if(s.begin(), s.end(), [&](const setting& x) { return x.axis == name; });
    return at == s.end() ? nullptr : &at->value;
}

/// The number of axes in which two choices differ. An axis that only one of them has counts.
int differences(const settings& a, const settings& b) {
    int n = 0;
    for (const setting& s : a) {
        const std::string* other = value_of(b, s.axis);
        n += other == nullptr ? 1 : *other != s.value;
    }
    for (const setting& s : b) n += value_of(a, s.axis) == nullptr;
    return n;
}

std::string with(const char* format, double x, double y = 0) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), format, x, y);
    return text.data();
}

/// The largest number of the tokens that count.
template <class Counts, class Value>
double largest(std::size_t n, const Counts& counts, const Value& value) {
    double most = 0;
    for (std::size_t t = 0; t < n; ++t)
        if (counts(t)) most = std::max(most, value(t));
    return most;
}

/// The property of the batch because of which an axis makes no difference; "" if none is known.
std::string feature(const space& s, const combination& best, const std::string& name) {
    const data& d = s.batch;
    const settings what = s.settings_of(best);
    if (s.objectives[best.objective].any_size && value_of(s.advantages[best.advantages].what, name) != nullptr)
        return "REAL asks only which sequences are better than the mean of their group";
    const std::vector<double>& old = *value_of(what, "ratio to") == "sampler" ? d.behavior_log_probs
                                     : d.old_log_probs.empty()                ? d.log_probs
                                                                              : d.old_log_probs;
    const auto any = [](std::size_t) { return true; };
    const auto log_ratio = [&](std::size_t t) { return d.log_probs[t] - old[t]; };
    const auto ratio = [&](std::size_t t) { return std::exp(log_ratio(t)); };
    const double moved = largest(old.size(), any, [&](std::size_t t) { return std::fabs(log_ratio(t)); });
    const bool of_ratios = name == "objective" || name == "clip range" || name == "dual clip" || name == "ratio to" ||
                           name == "limit of log ratios" || name == "bounds of the ratio" || name == "KL times" ||
                           name == "cap of the ratio" || name == "divergence allowed" || name == "sequence ratio";
    if (of_ratios && moved == 0) return "log_probs are old_log_probs, so all ratios are 1";
    if (name == "limit of log ratios") return with("the largest log ratio is %.3g", moved);
    if (name == "clip range" || name == "bounds of the ratio" || name == "divergence allowed")
        return *value_of(what, "objective") == "gspo" ? "no sequence lies between these bounds"
                                                      : "no token lies between these bounds";
    const std::vector<double>& a = s.advantages[best.advantages].values;
    if (name == "dual clip")
        return with("at negative advantages, the largest ratio is %.3g",
                    largest(
                        old.size(), [&](std::size_t t) { return a[t] < 0; }, ratio));
    if (name == "cap of the ratio") {
        const auto& slope = s.objectives[best.objective].slope;
        return with("of tokens that learn, the largest ratio is %.3g",
                    largest(
                        old.size(), [&](std::size_t t) { return a[t] * slope[a[t] < 0 ? 1 : 0][t] != 0; }, ratio));
    }
    if (name == "limit of KL") return "no estimate is beyond the limit";
    if (name == "mean" || name == "length of a sequence") {
        std::int64_t least = d.tokens(), most = 0, counted = 0;
        for (std::int64_t q = 0; q < d.sequences; ++q)
            if (const std::int64_t n = d.length(q); n > 0)
                least = std::min(least, n), most = std::max(most, n), ++counted;
        if (counted == 1) return "one sequence counts";
        if (least == most) return with("all sequences have %.0f tokens", static_cast<double>(most));
    }
    return "";
}

/// True if both have an axis, other than the named one, with different values.
bool differ_elsewhere(const settings& a, const settings& b, const std::string& name) {
    return std::any_of(a.begin(), a.end(), [&](const setting& s) {
        const std::string* other = value_of(b, s.axis);
        return s.axis != name && other != nullptr && *other != s.value;
    });
}

/// Finds what an axis would change: the same combination with another choice of one factor.
class comparer {
public:
    comparer(const space& s, const combination& best) : s_(s), best_(best), at_best_(s.evaluate(best)) {}

    /// All axes of one factor. `choose` puts a choice into a combination. The first axis decides which others there
    /// are, so another value of it may also change these.
    template <class Choice, class Choose>
    void factor(const std::vector<Choice>& choices, const settings& own, const Choose& choose) {
        std::vector<std::string> names;
        for (const setting& s : own) names.push_back(s.axis);
        for (const std::string& name : names) {
            axis a{.name = name, .value = *value_of(own, name)};
            for (std::size_t i = 0; i < choices.size(); ++i) {
                const std::string* value = value_of(choices[i].what, name);
                if (value == nullptr || *value == a.value) continue;
                if (name != names.front() && differ_elsewhere(own, choices[i].what, name)) continue;
                consider(*value, differences(own, choices[i].what), [&](combination& c) { choose(c, i); });
            }
            finish(a);
        }
    }
    void kl_coefficient() {
        axis a{.name = "KL coefficient", .value = text_of(best_.kl_coef)};
        for (const double coef : s_.numbers.kl_coefs)
            if (text_of(coef) != a.value) consider(text_of(coef), 1, [&](combination& c) { c.kl_coef = coef; });
        finish(a);
    }
    void entropy_coefficient() {
        const auto text = [](double coef) { return coef != 0 ? text_of(coef) : std::string("none"); };
        axis a{.name = "entropy bonus", .value = text(best_.entropy_coef)};
        std::vector<double> coefs = s_.numbers.entropy_coefs;
        coefs.push_back(0);
        for (const double coef : coefs)
            if (text(coef) != a.value) consider(text(coef), 1, [&](combination& c) { c.entropy_coef = coef; });
        finish(a);
    }
    std::vector<axis> list;

private:
    struct other {
        std::string value;
        int differences;
        combination what;
        bool fits;
    };

    /// Keeps, per value, a choice that fits, or else the one that differs in the fewest axes.
    template <class Change>
    void consider(const std::string& value, int n, const Change& change) {
        auto at = std::find_if(others_.begin(), others_.end(), [&](const other& o) { return o.value == value; });
        if (at == others_.end()) at = others_.insert(at, {value, 1000, best_, false});
        combination what = best_;
        change(what);
        const bool fits = compare(s_, what).fits();
        if (at->fits != fits ? fits : n < at->differences) *at = {value, n, what, fits};
    }
    void finish(axis& a) {
        const double tolerance = s_.batch.tolerance;
        double most_alike = 0, unseen = 0; // changes of numbers that are in the dump, and of numbers that are not
        bool some_alike = false;
        for (const other& o : others_) {
            const evaluation e = s_.evaluate(o.what);
            alternative x;
            x.value = o.value;
            double largest = 1e-300;
            for (std::size_t t = 0; t < e.gradient.size(); ++t) {
                x.gradient_change = std::max(x.gradient_change, std::fabs(e.gradient[t] - at_best_.gradient[t]));
                largest = std::max(largest, std::fabs(at_best_.gradient[t]));
            }
            x.gradient_change /= largest;
            x.loss_change = std::fabs(e.loss - at_best_.loss) / std::max(std::fabs(at_best_.loss), 1e-300);
            x.told_apart = !o.fits;
            const double seen =
                std::max(s_.batch.gradient.empty() ? 0 : x.gradient_change, s_.batch.loss ? x.loss_change : 0);
            if (!x.told_apart) {
                some_alike = true, most_alike = std::max(most_alike, seen);
                unseen = std::max(unseen, std::max(x.gradient_change, x.loss_change));
            }
            a.others.push_back(x);
        }
        others_.clear();
        std::stable_sort(a.others.begin(), a.others.end(), [&](const alternative& x, const alternative& y) {
            return s_.batch.gradient.empty() ? x.loss_change < y.loss_change : x.gradient_change < y.gradient_change;
        });
        if (some_alike) {
            const std::string known = most_alike < 1e-12 ? feature(s_, best_, a.name) : "";
            a.why = !known.empty() ? known
                    : most_alike > 1e-12
                        ? with("a change of %.1e is within the tolerance of %.1e", most_alike, tolerance)
                    : unseen > tolerance ? std::string("it changes the ") + (s_.batch.loss ? "gradient" : "loss") +
                                               " alone, which is not in the dump"
                                         : "no token of this batch makes a difference";
        }
        list.push_back(a);
    }

    const space& s_;
    const combination best_;
    const evaluation at_best_;
    std::vector<other> others_;
};

/// The choice without KL, and all KL terms, as one list.
std::vector<kl_choice> with_none(const std::vector<kl_choice>& kls) {
    std::vector<kl_choice> all{{.what = {{"KL estimator", "none"}}, .value = {}, .slope = {}}};
    for (const kl_choice& k : kls) all.push_back({.what = k.what, .value = {}, .slope = {}});
    return all;
}

} // namespace

std::vector<axis> axes_of(const space& s, const combination& best) {
    comparer c(s, best);
    c.factor(s.advantages, s.advantages[best.advantages].what,
             [](combination& to, std::size_t i) { to.advantages = i; });
    c.factor(s.objectives, s.objectives[best.objective].what, [](combination& to, std::size_t i) { to.objective = i; });
    c.factor(s.corrections, s.corrections[best.correction].what,
             [](combination& to, std::size_t i) { to.correction = i; });
    const std::vector<kl_choice> kls = with_none(s.kls);
    const double coef = best.kl ? best.kl_coef : 0.04;
    c.factor(kls, kls[best.kl ? *best.kl + 1 : 0].what, [&](combination& to, std::size_t i) {
        to.kl_coef = coef;
        if (i > 0)
            to.kl = i - 1;
        else
            to.kl.reset();
    });
    if (best.kl) c.kl_coefficient();
    if (!s.batch.entropy.empty()) c.entropy_coefficient();
    c.factor(s.means, s.means[best.mean].what, [](combination& to, std::size_t i) { to.mean = i; });
    return c.list;
}

} // namespace diff
