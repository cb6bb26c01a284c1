// SPDX-License-Identifier: MIT
#pragma once

#include "choices.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// Finds the choices that reproduce the loss and the gradient of a dump.
namespace diff {

/// One choice of each factor, as indices of the lists of a space.
struct combination {
    std::size_t advantages = 0, objective = 0, correction = 0, mean = 0;
    std::optional<std::size_t> kl = {};
    double kl_coef = 0, entropy_coef = 0;
};

/// The results of a combination.
struct evaluation {
    std::vector<double> gradient;
    double loss = 0, size = 0; ///< size: the sum of the sizes of all terms, to which rounding errors are relative
};

/// The search space. Choices whose columns are the same are searched once: `same` names the first of them.
struct space {
    data batch;
    tried numbers;
    std::vector<advantage_choice> advantages;
    std::vector<objective_choice> objectives;
    std::vector<correction_choice> corrections;
    std::vector<kl_choice> kls;
    std::vector<mean_choice> means;
    struct firsts {
        std::vector<std::size_t> advantages, objectives, corrections, kls, means;
    } same;
    std::vector<advantage_choice> of_rewards; ///< if the dump has advantages: the advantages from its rewards

    explicit space(data d, tried t = {});
    [[nodiscard]] evaluation evaluate(const combination& c) const;
    [[nodiscard]] settings settings_of(const combination& c) const;
};

/// How near a combination comes. Errors are relative to the largest element of the gradient, and to the size of the
/// loss.
struct outcome {
    combination what;
    double gradient_error = 0, loss_error = 0, loss = 0;
    double factor = 1;                             ///< the factor of the dump's gradient if that is a multiple; else 1
    bool gradient_fits = false, loss_fits = false; ///< also true if the dump does not have it
    [[nodiscard]] bool fits() const { return gradient_fits && loss_fits; }
};

struct found {
    std::vector<outcome> matches = {};             ///< the best name first
    std::vector<outcome> near = {};                ///< the nearest first; multiples of the gradient before all others
    double combinations = 0;                       ///< the number of combinations compared
    double by_chance = 0;                          ///< the expected number of matches by chance if there is only a loss
    std::vector<settings> advantages_of_dump = {}; ///< choices that reproduce the advantages in the dump
};

[[nodiscard]] found search(const space& s);

/// Compares one combination with the dump.
[[nodiscard]] outcome compare(const space& s, const combination& c);

/// The same combination with the KL coefficient of the fewest digits that fits as well, and with an entropy bonus if
/// one makes the loss fit, too.
[[nodiscard]] outcome refined(const space& s, const outcome& o);

/// max |x|, and Σ x y
[[nodiscard]] double largest(const std::vector<double>& x);
[[nodiscard]] double product(const std::vector<double>& x, const std::vector<double>& y);

/// True if the dump has a value loss.
[[nodiscard]] bool has_values(const data& d);

/// One form of the value loss, and how near it comes. Errors are relative, as in an outcome.
struct value_outcome {
    settings what;
    double gradient_error = 0, loss_error = 0;
    bool fits = false;
    std::vector<std::string> presets = {}; ///< with the same options, if it fits
};
/// All forms, the nearest first. The value loss is compared on its own, because its slope is with respect to values.
[[nodiscard]] std::vector<value_outcome> search_values(const data& d, const tried& t);

/// How an axis would change the best match.
struct alternative {
    std::string value;
    double gradient_change = 0, loss_change = 0; ///< relative to the best match
    bool told_apart = true;
};
struct axis {
    std::string name, value;
    std::vector<alternative> others = {}; ///< the nearest first
    std::string why = "";                 ///< why the data cannot distinguish some of them; "" if it can
};
[[nodiscard]] std::vector<axis> axes_of(const space& s, const combination& best);

/// A preset that comes near, such as "trl::grpo", and the settings where a combination differs from it.
struct near_preset {
    std::string name;
    settings but = {};
    int distance = 0; ///< the number of these settings; another objective counts as ten
};
/// The nearest presets for each part of the loss, all of the same distance.
struct near_presets {
    std::vector<near_preset> advantages, correction, loss;
    [[nodiscard]] int distance() const;
};
[[nodiscard]] near_presets presets_of(const settings& what);

/// The nearest presets of any of several combinations that the data cannot distinguish.
[[nodiscard]] near_presets presets_of(const space& s, const std::vector<outcome>& matches);

} // namespace diff
