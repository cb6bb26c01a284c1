// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <concepts>
#include <mpi.h>
#include <type_traits>

namespace RLHF_NAMESPACE {

/// The results that += joins: counts, moments, and the result of every loss.
template <class S>
concept mergeable = std::is_trivially_copyable_v<S> && requires(S a, const S b) {
    a += b;
};

/// Joins the results of all ranks by +=. This is exact, so the result does not depend on the number and order of the
/// ranks, and every rank gets the same bits. Ranks without a token take part like any other. Add up the ranks'
/// gradients if they were written with the denominator of the whole step; do not average them.
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
