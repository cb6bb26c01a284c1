// SPDX-License-Identifier: MIT
// Runs the code of the pages. What it prints is docs/snippets/output.txt, from which the pages take what they show.
#include "snippets.hpp"

#include <cstdio>
#include <utility>

namespace {

/// Prints what a part prints between marks, by which a page finds it.
template <class Part>
auto shown(const char* name, Part part) {
    struct marks {
        const char* name;
        ~marks() { std::printf("--8<-- [end:%s]\n", name); }
    } end{name};
    std::printf("--8<-- [start:%s]\n", name);
    return part();
}

} // namespace

int main() {
    const toy::model sft = shown("sft", tutorial_sft);
    const std::vector<float> reward = shown("reward_model", tutorial_reward_model);
    shown("ppo", [&] { tutorial_ppo(sft, reward); });
    shown("ppo_ptx", [&] { tutorial_ppo_ptx(sft, reward); });
    shown("concepts", concepts);
    shown("gradient_check", gradient_check);
    shown("own_objective", own_objective);
    shown("tasks_of_policies", tasks_of_policies);
    shown("tasks_of_rewards", tasks_of_rewards);
}
