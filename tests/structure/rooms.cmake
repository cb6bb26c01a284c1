# SPDX-License-Identifier: MIT
# The rooms below include/rlhf, lowest first: what stands in each, and which rooms below it may include.
set(rooms "")
function(room name)
    set(rooms "${rooms};${name}" PARENT_SCOPE)
    set(below_${name} "${ARGN}" PARENT_SCOPE)
endfunction()

room(ground)                                        # config.hpp, lane.hpp, lane/: the compiler, the words of a formula
room(formula ground)                                # the whole rule of one token, pair or step
room(core ground)                                   # what the caller hands in: arrays, batches, threads, products
room(engine/call core ground)                       # arguments checked and bound to a batch
room(engine/lanes core ground)                      # registers: the only room that knows xsimd
room(engine/sums engine/lanes ground)               # sums that are exact or have one order
room(engine/tokens engine/call engine/lanes engine/sums core ground)         # every token on its own
room(engine/sequences engine/tokens engine/call engine/lanes engine/sums core ground) # a sequence's tokens together
room(engine/steps engine/call engine/lanes engine/sums formula core ground)  # recurrences along the steps of a sequence
room(engine/softmax engine/call engine/lanes engine/sums formula core ground) # rows of logits
room(engine/prompts engine/call engine/lanes engine/sums formula core ground) # the responses of a prompt
room(results engine/call engine/sums core ground)   # what functions return, and what sums are divided by
set(purposes advantage policy reward preference logits)        # the public functions, one per header
foreach(purpose IN LISTS purposes)
    room(${purpose} results engine/tokens engine/sequences engine/steps engine/softmax engine/prompts engine/call
        engine/lanes engine/sums formula core ground)
endforeach()
room(recipe ${purposes} results engine/tokens engine/sequences engine/steps engine/softmax engine/prompts engine/call
    engine/lanes engine/sums formula core ground)                # several functions as one
room(recipe/preset recipe ${purposes} results formula core ground) # options of trainers and papers, no functions
room(with results core ground)                      # other libraries, each header knows one
room(with/torch with recipe ${purposes} results core ground) # the functions as nodes of torch's autograd
room(c c/glue)                                      # the library for C: what it declares, made or by hand
room(c/glue c bundles recipe ${purposes} results core ground)  # its calls become calls of C++
room(bundles recipe ${purposes} results core ground) # rlhf.hpp and others

# A function's header includes no sibling, but for these.
set(shared_in_a_room policy/mean_sweep.hpp policy/policy_loss.hpp logits/divergence.hpp logits/token_log_probs.hpp)
# These make no public function of their own. mean_sweep has a test of its name, divergence the tests of its two functions.
set(no_function policy/mean_sweep.hpp logits/divergence.hpp)
set(not_bundled recipe/linear_head.hpp)       # the caller has the matrix products, and includes it for them
set(not_in_torch advantage/gae_backward.hpp)  # advantages are constants of a loss
set(not_compiled advantage/shape_scores.hpp)  # some scores per call: it compiles in no time
# unpaired_loss has the errors of its objectives and of a sum, ppo_clip the errors of clipped_surrogate.
set(no_errors_of_its_own preference/unpaired_loss.hpp errors/ppo_clip accuracy/ppo_clip)
# Functions without a batch: no contract to keep. They cost nothing, or what std::sort costs.
set(numbers_only advantage/kl_controller.hpp policy/entropy_controller.hpp recipe/sort_pairs.hpp)

# Tested against another function or its reference, or a sum in the test. Recipes are tested against their parts.
set(no_reference advantage/discounted_returns.hpp advantage/gae_backward.hpp advantage/whiten.hpp
    logits/vocab_shards.hpp reward/reward_bias.hpp)
set(function_of_vocab_shards vocab_shard_sums) # the header has three functions, and none has its name

# The room of a header, named from include/rlhf; "" if there is none.
function(room_of header result)
    cmake_path(GET header PARENT_PATH room)
    if(header MATCHES "^(config\\.hpp|lane\\.hpp|lane/.*)$")
        set(room ground)
    elseif(room STREQUAL "")
        set(room bundles)
    endif()
    if(NOT room IN_LIST rooms)
        set(room "")
    endif()
    set(${result} "${room}" PARENT_SCOPE)
endfunction()

# Does the header have a public function, and so a test, a bench and a word in README.md?
function(has_function header result)
    room_of("${header}" room)
    set(${result} FALSE PARENT_SCOPE)
    if(room IN_LIST purposes OR room STREQUAL "recipe")
        if(NOT header IN_LIST no_function)
            set(${result} TRUE PARENT_SCOPE)
        endif()
    endif()
endfunction()
