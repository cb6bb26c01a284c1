// SPDX-License-Identifier: MIT
#pragma once

/// The only header with macros and compiler-specific keywords: version, formula qualifiers, the ABI tag, exceptions on
/// or off.

#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "rlhf needs C++20: compile with -std=c++20"
#include <rlhf_needs_cplusplus_20> // does not exist: it stops the compiler before errors that would follow
#endif

#define RLHF_VERSION_MAJOR 0
#define RLHF_VERSION_MINOR 1
#define RLHF_VERSION_PATCH 0

/// RLHF_FORMULA marks every formula: code for host and device, inlined into the sweep that calls it. It also marks the
/// functions of the engine that a hot loop inlines. RLHF_WORD marks functions of plain numbers: also for host and
/// device, but the compiler decides about inlining. Forced inlining would multiply the code of unoptimised programs.
#if defined(__CUDACC__) || defined(__HIPCC__)
#define RLHF_FORMULA __host__ __device__ inline
#define RLHF_WORD __host__ __device__ inline
#elif defined(__GNUC__)
#define RLHF_FORMULA __attribute__((always_inline)) inline
#define RLHF_WORD inline
#else
#define RLHF_FORMULA inline
#define RLHF_WORD inline
#endif

/// Inlines a lambda that is part of a hot loop. It is written between the lambda's parameters and its body.
#if defined(__GNUC__)
#define RLHF_INLINE __attribute__((always_inline))
#else
#define RLHF_INLINE
#endif

/// Stands before a short loop inside another loop: g++ 12 vectorises the two only if it does not unroll the inner one.
#if defined(__GNUC__) && !defined(__clang__)
#define RLHF_ROLLED _Pragma("GCC unroll 1")
#else
#define RLHF_ROLLED
#endif

/// RLHF_FMA is 1 if the machine has an instruction for a b + c with one rounding, else 0. RLHF_REGISTER is then the
/// letter with which an asm statement asks for a floating-point register.
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
#define RLHF_FMA 1
#elif defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMA) ||              \
    (defined(_MSC_VER) && defined(__AVX2__))
#define RLHF_FMA 1
#if !defined(__GNUC__)
#elif defined(__AVX512F__)
#define RLHF_REGISTER "v"
#elif defined(__x86_64__) || defined(__i386__)
#define RLHF_REGISTER "x"
#elif defined(__aarch64__) || defined(__arm__)
#define RLHF_REGISTER "w"
#elif defined(__riscv)
#define RLHF_REGISTER "f"
#else
#define RLHF_REGISTER "m"
#endif
#else
#define RLHF_FMA 0
#endif

/// Marks the member of a register type. g++ 12 keeps `const` locals of a class in memory, unless a member is mutable.
#if defined(__GNUC__) && !defined(__clang__)
#define RLHF_MUTABLE mutable
#else
#define RLHF_MUTABLE
#endif

/// Enclose code that calls intrinsics. The AVX-512 intrinsics of g++ 12 leave a variable uninitialised whose values are
/// all masked, and g++ then warns wherever they are inlined.
#if defined(__GNUC__) && !defined(__clang__)
#define RLHF_INTRINSICS_BEGIN                                                                                          \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wuninitialized\"")                               \
        _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"")
#define RLHF_INTRINSICS_END _Pragma("GCC diagnostic pop")
#else
#define RLHF_INTRINSICS_BEGIN
#define RLHF_INTRINSICS_END
#endif

/// RLHF_COLD keeps error paths out of the hot code. RLHF_HOT inlines all that a hot loop calls: with many such loops in
/// one file g++ would leave some of it out. RLHF_PRINTF lets the compiler check a format.
#if defined(__GNUC__)
#define RLHF_COLD __attribute__((cold, noinline))
#define RLHF_HOT __attribute__((flatten, noinline))
#define RLHF_NOINLINE __attribute__((noinline))
#define RLHF_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define RLHF_MAY_ALIAS __attribute__((may_alias)) // may be read where memory holds another type of the same bits
#else
#define RLHF_COLD
#define RLHF_HOT
#define RLHF_NOINLINE
#define RLHF_PRINTF(text, first)
#define RLHF_MAY_ALIAS
#endif

#if defined(__cpp_exceptions) && !defined(RLHF_NO_EXCEPTIONS)
#define RLHF_EXCEPTIONS 1
#define RLHF_ERRORS
#else
#define RLHF_EXCEPTIONS 0
#define RLHF_ERRORS _no_exceptions
#endif

/// The library relies on NaN, infinity, −0 and the order of additions. Compiler options that give these up stop the
/// compilation, unless RLHF_ALLOW_FAST_MATH is defined. This stops the options that have a macro; detail::precise_math
/// below stops clang's others.
#if defined(RLHF_ALLOW_FAST_MATH)
#define RLHF_MATH _fast
#else
#define RLHF_MATH
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) ||                               \
    defined(__NO_SIGNED_ZEROS__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||                   \
    defined(_M_FP_FAST)
#error "rlhf: -ffast-math and its parts give wrong numbers; compile without, or define RLHF_ALLOW_FAST_MATH"
#endif
#endif

/// Everything that becomes code is in an inline namespace whose name has version, instruction set, fast-math and
/// missing exceptions. Two translation units compiled with different settings must not share a symbol (DESIGN.md, D9).
#if defined(__AVX512VBMI2__)
#define RLHF_ISA avx512vbmi2
#elif defined(__AVX512BW__)
#define RLHF_ISA avx512bw
#elif defined(__AVX512F__)
#define RLHF_ISA avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define RLHF_ISA avx2fma
#elif defined(__AVX2__)
#define RLHF_ISA avx2
#elif defined(__AVX__)
#define RLHF_ISA avx
#elif defined(__SSE4_2__)
#define RLHF_ISA sse42
#elif defined(__ARM_FEATURE_SVE_BITS) && __ARM_FEATURE_SVE_BITS > 0
#define RLHF_ISA RLHF_JOIN(sve, __ARM_FEATURE_SVE_BITS, , , , )
#elif defined(__ARM_FEATURE_SVE)
#define RLHF_ISA sve
#elif defined(__ARM_NEON)
#define RLHF_ISA neon
#else
#define RLHF_ISA base
#endif
#if defined(RLHF_NO_SIMD)
#define RLHF_LANES _plain
#elif defined(__BMI2__) && defined(__F16C__)
#define RLHF_LANES _bmi2_f16c
#elif defined(__BMI2__)
#define RLHF_LANES _bmi2
#elif defined(__F16C__)
#define RLHF_LANES _f16c
#else
#define RLHF_LANES
#endif
#define RLHF_JOIN_(version, isa, bits, lanes, math, errors) version##isa##bits##lanes##math##errors
#define RLHF_JOIN(version, isa, bits, lanes, math, errors) RLHF_JOIN_(version, isa, bits, lanes, math, errors)
#define RLHF_ABI RLHF_JOIN(v0_1_, RLHF_ISA, , RLHF_LANES, RLHF_MATH, RLHF_ERRORS)

/// The namespace of the library's code: rlhf, and in it the inline namespace of the ABI tag. The macro is one word,
/// because tools that read symbols without a compiler (ctags, editors' outlines) lose everything behind a qualified
/// inline name (DESIGN.md, D28).
#define RLHF_NAMESPACE rlhf::inline RLHF_ABI

#if defined(__clang__) && !defined(RLHF_ALLOW_FAST_MATH) && !defined(__CUDACC__) && !defined(__HIPCC__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wignored-pragmas" // of processors where clang has no FENV_ACCESS
#if __has_warning("-Wnan-infinity-disabled")
#pragma clang diagnostic error "-Wnan-infinity-disabled"
#endif
namespace RLHF_NAMESPACE::detail {

/// Nobody calls this. clang defines no macro for -funsafe-math-optimizations, -fno-signed-zeros, -fassociative-math,
/// -freciprocal-math, -fapprox-func, -fno-honor-nans and -fno-honor-infinities. But it refuses the pragma under the
/// first five; clang 14 does so only for x86. Under the last two, versions newer than 16 refuse the tests for NaN and
/// infinity, unless the header is found by -isystem. clang's message shows the line, and so our sentence.
inline bool precise_math(double x) {
#pragma STDC FENV_ACCESS ON // rlhf: -ffast-math and its parts give wrong numbers; compile without them
    return __builtin_isnan(x) || __builtin_isinf(x); // rlhf: -ffast-math and its parts give wrong numbers
}

} // namespace RLHF_NAMESPACE::detail
#pragma clang diagnostic pop
#endif
