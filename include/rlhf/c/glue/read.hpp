// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/types.h>
#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/rlhf.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#if !RLHF_EXCEPTIONS
#error "rlhf: the C interface catches exceptions and makes status codes of them; compile it with exceptions"
#endif

namespace RLHF_NAMESPACE::c {

/// An element type of C++ for a dtype of C, and its name in error sentences.
template <class T>
inline constexpr rlhf_dtype dtype_of = 0;
template <>
inline constexpr rlhf_dtype dtype_of<float> = RLHF_FLOAT32;
template <>
inline constexpr rlhf_dtype dtype_of<double> = RLHF_FLOAT64;
template <>
inline constexpr rlhf_dtype dtype_of<bfloat16> = RLHF_BFLOAT16;
template <>
inline constexpr rlhf_dtype dtype_of<float16> = RLHF_FLOAT16;
template <>
inline constexpr rlhf_dtype dtype_of<std::int64_t> = RLHF_INT64;
template <>
inline constexpr rlhf_dtype dtype_of<std::uint8_t> = RLHF_UINT8;
template <>
inline constexpr rlhf_dtype dtype_of<vocab_shard> = RLHF_VOCAB_SHARD;
static_assert(sizeof(vocab_shard) == sizeof(rlhf_vocab_shard));

inline const char* word_of(rlhf_dtype t) {
    static constexpr const char* words[] = {"no type", "float32", "float64", "bfloat16",   "float16",
                                            "int32",   "int64",   "uint8",   "vocab_shard"};
    return t >= 0 && t <= RLHF_VOCAB_SHARD ? words[t] : "an unknown type";
}

/// True for the array of zeros.
template <class A>
bool absent(const A& a) {
    return a.data == nullptr && a.dims == 0;
}

/// An array whose type may decide the type of the call.
struct typed_array {
    typed_array(const char* word, const rlhf_in& a) : name(word), dtype(a.dtype), there(!absent(a)) {}
    typed_array(const char* word, const rlhf_out& a) : name(word), dtype(a.dtype), there(!absent(a)) {}
    typed_array(const char* word, const rlhf_gradient& g) : typed_array(word, g.to) {}
    const char* name;
    rlhf_dtype dtype;
    bool there;
};

/// Turns the arguments of one call of C into arguments of C++, or fails with a sentence.
class reader {
public:
    explicit reader(const char* function, const rlhf_executor* run = nullptr) : function_(function), pieces_{run} {}

    template <class... A>
    [[noreturn]] void fail(detail::sentence<std::type_identity_t<A>...> what, A... values) const {
        detail::fail(function_, what, values...);
    }

    template <class S>
    void check_size(std::size_t size, const char* name) const {
        if (size < sizeof(std::size_t))
            fail("%s has a size of %lld: initialise it with its macro", name, static_cast<std::int64_t>(size));
        if (size > sizeof(S))
            fail("%s has a size of %lld, but this library knows no more than %lld: it is older than its caller, or the "
                 "struct was not initialised",
                 name, static_cast<std::int64_t>(size), static_cast<std::int64_t>(sizeof(S)));
    }
    /// A copy of a struct that begins with its size. Members that the caller's version does not have keep their
    /// defaults.
    template <class S>
    S known(const S* given, const S& defaults, const char* name) const {
        if (given == nullptr) fail("%s is a null pointer", name);
        return grown(given, given->size, defaults, name);
    }
    /// The same, but a null pointer means the defaults.
    template <class S>
    S known_or(const S* given, const S& defaults, const char* name) const {
        return given == nullptr ? defaults : known(given, defaults, name);
    }
    const char* name_of(const rlhf_objective* given) const {
        const char* const name = there(given, "objective").name;
        return name != nullptr && *name != '\0' ? name : "unnamed";
    }
    /// A copy of the objective that begins with this head.
    template <class S>
    S objective(const rlhf_objective* given, const S& defaults) const {
        return grown(reinterpret_cast<const S*>(given), given->size, defaults, given->name);
    }
    /// Throws for a null pointer, else returns the object.
    template <class S>
    S& there(S* given, const char* name) const {
        if (given == nullptr) fail("%s is a null pointer", name);
        return *given;
    }

    /// Calls f.operator()<T>() with the type of the first array that is given, float or double. All arrays must have
    /// it.
    template <class F>
    auto typed(std::span<const typed_array> arrays, F&& f) const {
        const typed_array* first = nullptr;
        for (const typed_array& a : arrays) {
            if (!a.there) continue;
            if (first == nullptr) first = &a;
            if (a.dtype != RLHF_FLOAT32 && a.dtype != RLHF_FLOAT64)
                fail("%s is %s, expected float32 or float64", a.name, word_of(a.dtype));
            if (a.dtype != first->dtype)
                fail("%s is %s, but %s is %s", a.name, word_of(a.dtype), first->name, word_of(first->dtype));
        }
        const bool wide = first != nullptr && first->dtype == RLHF_FLOAT64;
        return wide ? f.template operator()<double>() : f.template operator()<float>();
    }
    /// Calls f.operator()<E>() for the type of logits.
    template <class F>
    auto typed_logits(const rlhf_logits& logits, F&& f) const {
        switch (logits.dtype) {
        case RLHF_FLOAT32:
            return f.template operator()<float>();
        case RLHF_FLOAT64:
            return f.template operator()<double>();
        case RLHF_BFLOAT16:
            return f.template operator()<bfloat16>();
        case RLHF_FLOAT16:
            return f.template operator()<float16>();
        default:
            fail("logits is %s, expected float32, float64, bfloat16 or float16", word_of(logits.dtype));
        }
    }

    template <class T>
    view<const T> in(const rlhf_in& a, const char* name, bool one_per_sequence = false) const {
        return array<const T>(a, name, one_per_sequence);
    }
    template <class T>
    view<T> out(const rlhf_out& a, const char* name, bool one_per_sequence = false) const {
        return array<T>(a, name, one_per_sequence);
    }
    template <class T>
    rlhf::gradient<T> gradient(const rlhf_gradient& g, const char* name, bool one_per_sequence = false) const {
        return {out<T>(g.to, name, one_per_sequence), scale_of(g.mode, g.scale, name), g.mode == RLHF_ADD_TO};
    }
    index_view index(const rlhf_in& a, const char* name, bool one_per_sequence = false) const {
        if (absent(a)) return {};
        if (a.dtype == RLHF_INT32) return index_view(array<const std::int32_t>(a, name, one_per_sequence, RLHF_INT32));
        if (a.dtype == RLHF_INT64) return index_view(array<const std::int64_t>(a, name, one_per_sequence));
        fail("%s is %s, expected int32 or int64", name, word_of(a.dtype));
    }

    template <class E>
    logits_view<const E> logits(const rlhf_logits& z, const char* name) const {
        return of_logits<const E>(z, name);
    }
    /// Logits that are only read, in the type for which rlhf::compiled has code.
    template <class E>
    logits_view<E> reference(const rlhf_logits& z, const char* name) const {
        rlhf_logits_gradient writable{.data = const_cast<void*>(z.data),
                                      .dtype = z.dtype,
                                      .sequences = z.sequences,
                                      .steps = z.steps,
                                      .vocab = z.vocab,
                                      .padded_vocab = z.padded_vocab,
                                      .step_stride = z.step_stride,
                                      .sequence_stride = z.sequence_stride,
                                      .mode = RLHF_OVERWRITE,
                                      .scale = 1};
        return of_logits<E>(writable, name);
    }
    template <class E>
    logits_gradient<E> d_logits(const rlhf_logits_gradient& z) const {
        return {of_logits<E>(z, "d_logits"), scale_of(z.mode, z.scale, "d_logits"), z.mode == RLHF_ADD_TO};
    }

    /// A number that names a value of an enum.
    template <class Enum>
    Enum choice(std::int64_t value, int values, const char* name) const {
        if (value < 0 || value >= values) fail("%s is %lld, expected 0 to %lld", name, value, values - 1);
        return static_cast<Enum>(value);
    }
    template <class Enum>
    std::optional<Enum> choice(const std::int64_t* value, int values, const char* name) const {
        return value != nullptr ? std::optional<Enum>(choice<Enum>(*value, values, name)) : std::nullopt;
    }
    int integer(std::int64_t value, const char* name) const {
        if (value != static_cast<int>(value)) fail("%s is %lld, which does not fit an int", name, value);
        return static_cast<int>(value);
    }

    rlhf::batch batch(const rlhf_batch* given, const char* name = "batch") const {
        const rlhf_batch b = known(given, rlhf_batch(), name);
        const bool whole = b.denominator == RLHF_WHOLE_STEP;
        if (!whole && b.denominator != RLHF_COUNTED_HERE)
            fail("%s.denominator is not set: RLHF_COUNTED_HERE, or RLHF_WHOLE_STEP with %s.whole", name, name);
        if (absent(b.mask) == (b.every_token == 0)) fail("%s needs either a mask or every_token = 1", name);
        const auto mask = in<std::uint8_t>(b.mask, "batch.mask");
        rlhf::batch made{.sequences = b.sequences,
                         .steps = b.steps,
                         .layout = choice<rlhf::layout>(b.layout, 2, "batch.layout"),
                         .mask = mask,
                         .denominator = counted_here};
        if (b.every_token != 0) made.mask = all;
        if (whole) made.denominator = counts{b.whole.tokens, b.whole.sequences};
        static_cast<index_view&>(made.offsets) = index(b.offsets, "batch.offsets");
        if (b.predict_next != RLHF_PREDICT_UNSAID)
            made.predict_next = choice<int>(b.predict_next, 3, "batch.predict_next") == RLHF_PREDICT_NEXT;
        return made;
    }
    rlhf::groups groups(const rlhf_groups* given) const {
        const rlhf_groups g = known(given, rlhf_groups(), "groups");
        return {.size = g.group_size,
                .ids = index(g.ids, "groups.ids"),
                .workspace = out<std::int64_t>(g.workspace, "groups.workspace")};
    }

    /// The executor, which refers to this reader.
    [[nodiscard]] rlhf::executor executor() const {
        if (pieces_.run == nullptr) return {};
        if (pieces_.run->run == nullptr) fail("executor.run is a null pointer, expected a function that runs pieces");
        return pieces_;
    }

private:
    struct pieces {
        const rlhf_executor* run;
        void operator()(std::size_t n, task body) const {
            run->run(
                run->self, n, [](void* of_body, std::size_t i) { (*static_cast<task*>(of_body))(i); }, &body);
        }
    };

    template <class S>
    S grown(const S* given, std::size_t size, const S& defaults, const char* name) const {
        check_size<S>(size, name);
        S s = defaults;
        std::memcpy(static_cast<void*>(&s), given, size);
        return s;
    }

    template <class T, class A>
    view<T> array(const A& a, const char* name, bool one_per_sequence,
                  rlhf_dtype dtype = dtype_of<std::remove_const_t<T>>) const {
        if (absent(a)) return {};
        if (a.dtype != dtype) fail("%s is %s, expected %s", name, word_of(a.dtype), word_of(dtype));
        auto* const data = static_cast<T*>(a.data);
        const std::int64_t rows = a.shape[0], cols = a.shape[1];
        if (a.dims == 1) {
            if (rows < 0) fail("%s is [%lld], expected a size of at least 0", name, rows);
            if (a.strides[0] == 1 || rows <= 1) return view<T>::with(data, view<T>::flat, rows, 0);
            if (one_per_sequence) return view<T>::with(data, view<T>::per_sequence, rows, a.strides[0]);
            fail("%s has a stride of %lld between its elements, expected 1", name, a.strides[0]);
        }
        if (a.dims != 2) fail("%s has %lld dimensions, expected 1 or 2", name, a.dims);
        if (rows < 0 || cols < 0) fail("%s is [%lld, %lld], expected sizes of at least 0", name, rows, cols);
        if (a.strides[1] == 0) return view<T>::with(data, view<T>::per_sequence, rows, a.strides[0]);
        if (a.strides[1] != 1 && cols > 1)
            fail("%s has a stride of %lld between the elements of a row, expected 1", name, a.strides[1]);
        return view<T>::with(data, rows, cols, a.strides[0]);
    }

    template <class E, class Z>
    logits_view<E> of_logits(const Z& z, const char* name) const {
        constexpr rlhf_dtype dtype = dtype_of<std::remove_const_t<E>>;
        if (z.dtype != dtype) fail("%s is %s, expected %s like the logits", name, word_of(z.dtype), word_of(dtype));
        const std::int64_t row = z.step_stride != 0 ? z.step_stride : (z.padded_vocab != 0 ? z.padded_vocab : z.vocab);
        return {static_cast<E*>(z.data),
                {.sequences = z.sequences, .steps = z.steps, .vocab = z.vocab, .padded_vocab = z.padded_vocab},
                row,
                z.sequence_stride != 0 ? z.sequence_stride : detail::times(row, z.steps)};
    }

    double scale_of(rlhf_write_mode mode, double scale, const char* name) const {
        if (mode < RLHF_OVERWRITE || mode > RLHF_ADD_TO) fail("the mode of %s is %lld, expected 0 to 2", name, mode);
        return mode == RLHF_OVERWRITE ? 1 : scale;
    }

    const char* function_;
    pieces pieces_;
};

} // namespace RLHF_NAMESPACE::c
