// SPDX-License-Identifier: MIT
// The presets that are nearest to a combination.
#include "presets.hpp"

#include <algorithm>

namespace diff {

namespace {

/// The settings of the combination that differ from the preset. Axes that the combination does not have do not count,
/// such as groups of one if there are none.
settings otherwise(const preset& p, const settings& what) {
    settings list;
    for (const setting& s : p.what) {
        const auto same = std::find_if(what.begin(), what.end(), [&](const setting& w) { return w.axis == s.axis; });
        if (same == what.end() && s.axis != "a group of one") list.push_back({s.axis, "none"});
        if (same != what.end() && same->value != s.value) list.push_back(*same);
    }
    return list;
}
/// Another objective is a larger distance than any of its options.
int distance(const settings& but) {
    int n = 0;
    for (const setting& s : but) n += s.axis == "objective" || s.axis == "advantages" ? 10 : 1;
    return n;
}

/// Keeps the nearest ones, each name once.
void add(std::vector<near_preset>& to, const near_preset& p) {
    const bool known = std::any_of(to.begin(), to.end(), [&](const near_preset& x) { return x.name == p.name; });
    if (!to.empty() && p.distance < to.front().distance) to.clear();
    if (to.empty() || (p.distance == to.front().distance && !known)) to.push_back(p);
}

std::vector<near_preset> nearest(const std::vector<preset>& list, const settings& what) {
    std::vector<near_preset> found;
    for (const preset& p : list) {
        const settings but = otherwise(p, what);
        add(found, {p.name, but, distance(but)});
    }
    return found;
}

} // namespace

int near_presets::distance() const {
    int n = 0;
    for (const auto* part : {&advantages, &correction, &loss}) n += part->empty() ? 0 : part->front().distance;
    return n;
}

near_presets presets_of(const settings& what) {
    const bool made = what[0].value != "given in the dump";
    return {made ? nearest(preset_advantages(), what) : std::vector<near_preset>(), nearest(preset_weights(), what),
            nearest(preset_losses(), what)};
}

near_presets presets_of(const space& s, const std::vector<outcome>& matches) {
    constexpr std::size_t most = 1000;
    near_presets all;
    for (std::size_t i = 0; i < std::min(most, matches.size()); ++i) {
        const near_presets some = presets_of(s.settings_of(matches[i].what));
        for (const near_preset& p : some.advantages) add(all.advantages, p);
        for (const near_preset& p : some.correction) add(all.correction, p);
        for (const near_preset& p : some.loss) add(all.loss, p);
    }
    return all;
}

} // namespace diff
