# SPDX-License-Identifier: MIT
# Which layer a header, named from include/rlhf, belongs to. What is not listed is a function of its own: layer 4.
set(layer_0 config.hpp)
set(layer_1 lane.hpp)
set(layer_3
    view.hpp batch.hpp float16.hpp logits.hpp gradient.hpp executor.hpp matrix_product.hpp  # the caller's memory and threads
    loss.hpp comparison.hpp divergence.hpp moments.hpp)                                 # results that several functions share
set(compositions ppo_advantages.hpp ppo_loss.hpp cross_entropy_loss.hpp linear_head.hpp vocab_shards.hpp)
set(bundles ppo.hpp reward_model.hpp rlhf.hpp)
set(other_libraries eigen.hpp dlpack.hpp torch.hpp mpi.hpp openmp.hpp)
set(numbers_only kl_controller.hpp) # functions without arrays: no contract to keep, nothing to measure
set(layer_5 ${compositions} ${bundles} ${other_libraries})

function(layer_of header result)
    set(layer 4)
    if(header MATCHES "^formula/")
        set(layer 2)
    elseif(header MATCHES "^detail/")
        set(layer 3)
    endif()
    foreach(candidate IN ITEMS 0 1 3 5)
        if(header IN_LIST layer_${candidate})
            set(layer ${candidate})
        endif()
    endforeach()
    set(${result} ${layer} PARENT_SCOPE)
endfunction()
