// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/table.hpp>
#include <rlhf/config.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/// The tables that are linked, the best one last: RLHF_C_TABLES(X) calls X(symbol) for each of them.
#if !defined(RLHF_C_TABLES)
#define RLHF_C_TABLES(X) X(rlhf_c_table_here)
#endif
#define RLHF_C_TEXT_(number) #number
#define RLHF_C_TEXT(number) RLHF_C_TEXT_(number)
#define RLHF_C_VERSION                                                                                                 \
    RLHF_C_TEXT(RLHF_VERSION_MAJOR) "." RLHF_C_TEXT(RLHF_VERSION_MINOR) "." RLHF_C_TEXT(RLHF_VERSION_PATCH)
#define RLHF_C_DECLARE(symbol) extern "C" const rlhf_c_table symbol;
RLHF_C_TABLES(RLHF_C_DECLARE)
#undef RLHF_C_DECLARE

// Static, because only one file includes this, and an inline function would be a weak symbol of the library.
namespace RLHF_NAMESPACE::c {

#define RLHF_C_ADDRESS(symbol) &symbol,
static constexpr const rlhf_c_table* tables[] = {RLHF_C_TABLES(RLHF_C_ADDRESS)};
#undef RLHF_C_ADDRESS

/// The table in use; null before the first call.
static constinit std::atomic<const rlhf_c_table*> chosen{nullptr};

static bool machine_has(const rlhf_c_table& t) {
#if defined(__x86_64__) && defined(__GNUC__)
    const bool v4 = std::strcmp(t.isa, "x86-64-v4") == 0, v3 = v4 || std::strcmp(t.isa, "x86-64-v3") == 0;
    __builtin_cpu_init();
    if (v3 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                __builtin_cpu_supports("bmi2")))
        return false;
    if (v4 && !(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl")))
        return false;
#else
    (void)t;
#endif
    return true;
}

/// The table of this name, or the best table if there is no name. Null if this machine has no such table.
static const rlhf_c_table* find_table(const char* isa) {
    const rlhf_c_table* found = nullptr;
    for (const rlhf_c_table* t : tables)
        if (machine_has(*t) && (isa == nullptr || std::strcmp(isa, t->isa) == 0)) found = t;
    return found;
}

static rlhf_status no_such_isa(const char* who, const char* isa, rlhf_error* error) {
    if (error == nullptr) return RLHF_NO_SUCH_ISA;
    int used = std::snprintf(error->text, sizeof error->text, "rlhf: %s is %.60s, expected one of", who, isa);
    for (const rlhf_c_table* t : tables)
        if (machine_has(*t))
            used +=
                std::snprintf(error->text + used, sizeof error->text - static_cast<std::size_t>(used), " %s", t->isa);
    return RLHF_NO_SUCH_ISA;
}

/// The table in use. The first call takes the table that the environment variable RLHF_ISA names, or the best one.
/// Threads that call at the same time get the same table.
static rlhf_status table(const rlhf_c_table*& t, rlhf_error* error) {
    t = chosen.load(std::memory_order_relaxed);
    if (t != nullptr) return RLHF_OK;
    const char* isa = std::getenv("RLHF_ISA");
    if (isa != nullptr && *isa == '\0') isa = nullptr;
    const rlhf_c_table* const first = find_table(isa);
    if (first == nullptr) return no_such_isa("the environment variable RLHF_ISA", isa != nullptr ? isa : "", error);
    t = chosen.compare_exchange_strong(t, first) ? first : t;
    return RLHF_OK;
}

} // namespace RLHF_NAMESPACE::c

/// A function of C calls the function of the same name in the table in use.
#define RLHF_C_ENTRY(name, parameters, arguments)                                                                      \
    RLHF_C_API rlhf_status rlhf_##name parameters {                                                                    \
        const rlhf_c_table* t = nullptr;                                                                               \
        const rlhf_status status = rlhf::c::table(t, error);                                                           \
        return status == RLHF_OK ? t->name arguments : status;                                                         \
    }

extern "C" {
RLHF_C_API const char* rlhf_version() { return RLHF_C_VERSION; }
RLHF_C_API const char* rlhf_isa() {
    const rlhf_c_table* t = nullptr;
    return rlhf::c::table(t, nullptr) == RLHF_OK ? t->isa : nullptr;
}
RLHF_C_API rlhf_status rlhf_use_isa(const char* name, rlhf_error* error) {
    const rlhf_c_table* const t = name != nullptr ? rlhf::c::find_table(name) : nullptr;
    if (t == nullptr) return rlhf::c::no_such_isa("the name", name != nullptr ? name : "null", error);
    rlhf::c::chosen.store(t);
    return RLHF_OK;
}
RLHF_C_API const char* rlhf_available_isa(size_t i) {
    for (const rlhf_c_table* t : rlhf::c::tables)
        if (rlhf::c::machine_has(*t) && i-- == 0) return t->isa;
    return nullptr;
}
RLHF_C_ENTRY(count, (const rlhf_batch* batch, rlhf_counts* result, rlhf_error* error), (batch, result, error))
RLHF_C_ENTRY(mask_targets, (const rlhf_in* targets, const rlhf_out* mask, int64_t ignore_index, rlhf_error* error),
             (targets, mask, ignore_index, error))
RLHF_C_ENTRY(sort_pairs, (const rlhf_in* sums, const rlhf_out* chosen, const rlhf_out* rejected, rlhf_error* error),
             (sums, chosen, rejected, error))
}
