// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/library.h>

namespace RLHF_NAMESPACE::c {

inline rlhf_status count(const rlhf_batch* batch, rlhf_counts* result, rlhf_error* error) {
    return answer("count", error, [&] {
        const reader r("count");
        rlhf_counts& to = r.there(result, "result");
        const counts found = rlhf::count(r.batch(batch));
        to = {found.tokens, found.sequences};
    });
}

inline rlhf_status mask_targets(const rlhf_in* targets, const rlhf_out* mask, std::int64_t ignore_index,
                                rlhf_error* error) {
    return answer("mask_targets", error, [&] {
        const reader r("mask_targets");
        rlhf::mask_targets(r.index(r.there(targets, "targets"), "targets"),
                           r.out<std::uint8_t>(r.there(mask, "mask"), "mask"), ignore_index);
    });
}

inline rlhf_status sort_pairs(const rlhf_in* sums, const rlhf_out* chosen, const rlhf_out* rejected,
                              rlhf_error* error) {
    return answer("sort_pairs", error, [&] {
        const reader r("sort_pairs");
        const auto sort = [&]<class T, class Int>() {
            const auto side = [&](const rlhf_out* given, const char* name) {
                const auto v = r.out<Int>(r.there(given, name), name, true);
                if (v.rows() != v.flat) r.fail("%s has rows or a stride, expected contiguous indices", name);
                return std::span(v.data(), static_cast<std::size_t>(v.cols()));
            };
            rlhf::sort_pairs<T>(r.in<T>(*sums, "sums", true), side(chosen, "chosen"), side(rejected, "rejected"));
        };
        r.typed(std::array{typed_array("sums", r.there(sums, "sums"))}, [&]<class T>() {
            if (r.there(chosen, "chosen").dtype == RLHF_INT32)
                sort.template operator()<T, std::int32_t>();
            else
                sort.template operator()<T, std::int64_t>();
        });
    });
}

} // namespace RLHF_NAMESPACE::c
