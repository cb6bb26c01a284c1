// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <concepts>
#include <mpi.h>
#include <type_traits>

namespace RLHF_NAMESPACE {

/// What the library returns and += joins: counts, moments, the result of every loss.
template <class S>
concept mergeable = std::is_trivially_copyable_v<S> && requires(S a, const S b) {
    a += b;
};

/// Every rank's part joined by +=, exactly, and so independent of the number and order of the ranks; every rank gets
/// the same bits. Ranks without a token take part like any other. Gradients written with a denominator of the whole
/// step are summed over ranks, not averaged.
template <mergeable... S>
void all_reduce(MPI_Comm comm, S&... parts) {
    const auto one = [comm]<class P>(P& part) {
        MPI_Datatype type;
        MPI_Op op;
        MPI_Type_contiguous(static_cast<int>(sizeof(P)), MPI_BYTE, &type);
        MPI_Type_commit(&type);
        MPI_Op_create(
            [](void* from, void* into, int* n, MPI_Datatype*) {
                for (int i = 0; i < *n; ++i) static_cast<P*>(into)[i] += static_cast<const P*>(from)[i];
            },
            1, &op);
        MPI_Allreduce(MPI_IN_PLACE, &part, 1, type, op, comm);
        MPI_Op_free(&op);
        MPI_Type_free(&type);
    };
    (one(parts), ...);
}

} // namespace RLHF_NAMESPACE
