// SPDX-License-Identifier: MIT
#pragma once

/// Catch2 of either major version: v3 has catch_all.hpp and Catch::Approx, v2 has catch.hpp and ::Approx.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
