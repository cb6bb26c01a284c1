// SPDX-License-Identifier: MIT
// The search: factor by factor, first with a few tokens of the gradient, then with all.
#include "search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace diff {

namespace {

std::vector<std::size_t> firsts(const std::vector<std::size_t>& same) {
    std::vector<std::size_t> list;
    for (std::size_t i = 0; i < same.size(); ++i)
        if (same[i] == i) list.push_back(i);
    return list;
}

/// The tokens with the largest gradients, and some more at even distances.
std::vector<std::size_t> probe_tokens(const std::vector<double>& gradient) {
    if (gradient.empty()) return {};
    constexpr std::size_t half = 16;
    std::vector<std::size_t> order(gradient.size());
    std::iota(order.begin(), order.end(), 0);
    const std::size_t top = std::min(half, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end(),
                      [&](std::size_t a, std::size_t b) { return std::fabs(gradient[a]) > std::fabs(gradient[b]); });
    order.resize(top);
    for (std::size_t i = 0; i < half; ++i) order.push_back(i * gradient.size() / half);
    std::sort(order.begin(), order.end());
    order.erase(std::unique(order.begin(), order.end()), order.end());
    return order;
}

struct candidate {
    combination what;
    double distance; ///< at the probe tokens, or of the loss
};

/// The nearest candidates, up to a number.
class nearest {
public:
    void add(const combination& c, double distance) {
        if (!(distance < limit_)) return;
        list.push_back({c, distance});
        if (list.size() >= 2 * kept) shrink();
    }
    void shrink() {
        std::stable_sort(list.begin(), list.end(),
                         [](const auto& a, const auto& b) { return a.distance < b.distance; });
        if (list.size() > kept) list.resize(kept), limit_ = list.back().distance;
    }
    std::vector<candidate> list;
    static constexpr std::size_t kept = 4000;

private:
    double limit_ = INFINITY;
};

class searcher {
public:
    explicit searcher(const space& s) : s_(s), d_(s.batch), probe_(probe_tokens(d_.gradient)) {
        for (const std::size_t t : probe_) want_.push_back(d_.gradient[t]);
        want_square_ = std::max(product(want_, want_), 1e-300);
        kls_ = firsts(s.same.kls), objectives_ = firsts(s.same.objectives);
        rest_.resize(probe_.size());
    }

    void run() {
        for (const std::size_t a : firsts(s_.same.advantages))
            for (const std::size_t w : firsts(s_.same.corrections))
                for (const std::size_t m : firsts(s_.same.means)) at(a, w, m);
        list_.shrink();
    }
    [[nodiscard]] const std::vector<candidate>& list() const { return list_.list; }
    double tried = 0, near_by_chance = 0;

private:
    /// All objectives and KL terms at one choice of the other factors.
    void at(std::size_t advantages, std::size_t correction, std::size_t mean) {
        const correction_choice& w = s_.corrections[correction];
        const std::vector<double>& a = s_.advantages[advantages].values;
        const std::vector<double> c = factors(d_, s_.means[mean], w.drops ? &w.weights : nullptr);
        std::vector<double> x(c.size()), any_size(c.size()), y(c.size());
        for (std::size_t t = 0; t < c.size(); ++t) {
            const double weight = w.weights.empty() ? 1 : w.weights[t];
            any_size[t] = c[t] * weight, y[t] = c[t] * (w.of_kl ? weight : 1);
            x[t] = any_size[t] * std::fabs(a[t]);
        }
        std::vector<std::vector<double>> kl_probes;
        std::vector<double> kl_losses;
        const auto& kls = s_.advantages[advantages].kl_in_rewards ? no_kls_ : kls_;
        for (const std::size_t k : kls) {
            std::vector<double>& p = kl_probes.emplace_back();
            for (const std::size_t t : probe_) p.push_back(y[t] * s_.kls[k].slope[t]);
            kl_losses.push_back(probe_.empty() ? product(y, s_.kls[k].value) : 0);
        }
        entropy_ = probe_.empty() && !d_.entropy.empty() ? product(c, d_.entropy) : 0;
        for (const std::size_t o : objectives_) {
            const combination what{advantages, o, correction, mean};
            const bool signs = s_.objectives[o].any_size; // then one choice of advantages is enough
            if (signs && advantages > 0) continue;
            const std::vector<double>& factors = signs ? any_size : x;
            if (probe_.empty())
                by_loss(what, factors, kl_losses);
            else
                by_gradient(what, factors, kl_probes);
        }
    }

    void by_gradient(combination what, const std::vector<double>& x,
                     const std::vector<std::vector<double>>& kl_probes) {
        const auto& slopes = s_.objectives[what.objective].slope;
        const std::vector<double>& a = s_.advantages[what.advantages].values;
        double pp = 0, pw = 0, square = 0;
        for (std::size_t i = 0; i < probe_.size(); ++i) {
            const std::size_t t = probe_[i];
            const double p = x[t] == 0 ? 0 : x[t] * slopes[a[t] < 0 ? 1 : 0][t];
            rest_[i] = want_[i] - p;
            pp += p * p, pw += p * want_[i], square += rest_[i] * rest_[i];
        }
        const double multiple = pp > 0 && pw > 0 ? want_square_ - pw * pw / pp : want_square_;
        list_.add(what, std::sqrt(std::max(0.0, std::min(square, multiple)) / want_square_));
        ++tried;
        for (std::size_t k = 0; k < kl_probes.size(); ++k) {
            const double kk = product(kl_probes[k], kl_probes[k]), rk = product(rest_, kl_probes[k]);
            ++tried;
            if (!(kk > 0) || !(rk * rk > 1e-8 * kk * want_square_) || rk < 0) continue;
            what.kl = kls_[k], what.kl_coef = rk / kk;
            list_.add(what, std::sqrt(std::max(0.0, square - rk * rk / kk) / want_square_));
        }
    }

    void by_loss(combination what, const std::vector<double>& x, const std::vector<double>& kl_losses) {
        const auto& losses = s_.objectives[what.objective].loss;
        const std::vector<double>& a = s_.advantages[what.advantages].values;
        double loss = 0, size = 0;
        for (std::size_t t = 0; t < x.size(); ++t) {
            const double l = x[t] == 0 ? 0 : x[t] * losses[a[t] < 0 ? 1 : 0][t];
            loss += l, size += std::fabs(l);
        }
        const auto add = [&](double total, double scale) {
            const double error = std::fabs(total - *d_.loss), limit = d_.tolerance * scale + d_.loss_digits;
            ++tried;
            if (error > limit && error <= 100 * limit) near_by_chance += 1.0 / 99;
            list_.add(what, error / std::max(std::fabs(*d_.loss), 1e-300));
        };
        const auto add_each = [&](double total, double scale) { // without and with an entropy bonus
            what.entropy_coef = 0;
            add(total, scale);
            if (entropy_ == 0) return;
            for (const double coef : s_.numbers.entropy_coefs) {
                what.entropy_coef = coef;
                add(total - coef * entropy_, scale + coef * entropy_);
            }
        };
        add_each(loss, size);
        for (std::size_t k = 0; k < kl_losses.size(); ++k)
            for (const double coef : s_.numbers.kl_coefs) {
                what.kl = kls_[k], what.kl_coef = coef;
                add_each(loss + coef * kl_losses[k], size + std::fabs(coef * kl_losses[k]));
            }
    }

    const space& s_;
    const data& d_;
    std::vector<std::size_t> probe_, kls_, no_kls_, objectives_;
    std::vector<double> want_,
        rest_; ///< at the probe tokens: the gradient in the dump, and the rest after an objective
    double want_square_ = 1, entropy_ = 0; ///< entropy_: Σ c H at the choices of the other factors
    nearest list_;
};

/// The choices with the same columns.
std::vector<std::size_t> alike(const std::vector<std::size_t>& same, std::size_t i) {
    std::vector<std::size_t> list;
    for (std::size_t j = 0; j < same.size(); ++j)
        if (same[j] == same[i]) list.push_back(j);
    return list;
}

/// All choices with the same columns, which fit equally well, in the order of their lists.
void add_same(const space& s, const outcome& o, std::vector<outcome>& to) {
    constexpr std::size_t most = 20000;
    for (const std::size_t a : alike(s.same.advantages, o.what.advantages))
        for (const std::size_t b : alike(s.same.objectives, o.what.objective))
            for (const std::size_t c : alike(s.same.corrections, o.what.correction))
                for (const std::size_t k : o.what.kl ? alike(s.same.kls, *o.what.kl) : std::vector<std::size_t>{0}) {
                    if (to.size() >= most) return;
                    outcome& other = to.emplace_back(o);
                    other.what.advantages = a, other.what.objective = b, other.what.correction = c;
                    if (o.what.kl) other.what.kl = k;
                }
}

/// Of the choices with the same columns, the ones that differ least from a combination.
void name_like(const space& s, const combination& best, combination& c) {
    const auto name = [&](std::size_t& i, const std::vector<std::size_t>& same, const auto& list, std::size_t to) {
        const auto agreeing = [&](std::size_t j) {
            return std::count_if(list[j].what.begin(), list[j].what.end(), [&](const setting& x) {
                return std::find(list[to].what.begin(), list[to].what.end(), x) != list[to].what.end();
            });
        };
        for (const std::size_t j : alike(same, i))
            if (agreeing(j) > agreeing(i)) i = j;
    };
    name(c.advantages, s.same.advantages, s.advantages, best.advantages);
    name(c.objective, s.same.objectives, s.objectives, best.objective);
    name(c.correction, s.same.corrections, s.corrections, best.correction);
    if (c.kl && best.kl) name(*c.kl, s.same.kls, s.kls, *best.kl);
}

/// Orders matches by the distance to the nearest preset, and then by the number of options to be named.
void sort_by_name(const space& s, std::vector<outcome>& matches) {
    std::vector<std::tuple<int, std::size_t, std::size_t>> order;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const settings what = s.settings_of(matches[i].what);
        order.emplace_back(presets_of(what).distance(), what.size(), i);
    }
    std::sort(order.begin(), order.end());
    std::vector<outcome> sorted;
    for (const auto& [distance, size, i] : order) sorted.push_back(matches[i]);
    matches = std::move(sorted);
}

/// Orders by whether the gradient or a multiple of it fits; then by the error of the gradient, or of the loss if there
/// is no gradient.
void sort_by_error(const space& s, std::vector<outcome>& near) {
    const bool by_loss = s.batch.gradient.empty();
    const auto key = [&](const outcome& o) {
        const int kind = o.gradient_fits && !by_loss ? 0 : o.factor != 1 ? 1 : 2;
        return std::tuple(kind, by_loss || kind == 0 ? o.loss_error : o.gradient_error, o.loss_error);
    };
    std::stable_sort(near.begin(), near.end(), [&](const outcome& a, const outcome& b) { return key(a) < key(b); });
}

} // namespace

found search(const space& s) {
    searcher all(s);
    all.run();
    found f{.combinations = all.tried, .by_chance = all.near_by_chance};
    for (const candidate& c : all.list()) {
        const outcome o = refined(s, compare(s, c.what));
        if (o.fits())
            add_same(s, o, f.matches);
        else if (f.near.size() < 200)
            f.near.push_back(o);
    }
    sort_by_name(s, f.matches);
    sort_by_error(s, f.near);
    if (!f.matches.empty())
        for (outcome& o : f.near) name_like(s, f.matches.front().what, o.what);
    for (const advantage_choice& c : s.of_rewards) {
        double error = 0;
        for (std::size_t t = 0; t < c.values.size(); ++t)
            error = std::max(error, std::fabs(c.values[t] - s.batch.advantages[t]));
        if (error <= s.batch.tolerance * largest(s.batch.advantages)) f.advantages_of_dump.push_back(c.what);
    }
    return f;
}

} // namespace diff
