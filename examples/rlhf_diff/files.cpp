// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace diff {

namespace {

template <class Stored>
void copy_numbers(std::vector<double>& to, std::string_view bytes) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        Stored x;
        std::memcpy(&x, bytes.data() + i * sizeof(Stored), sizeof(Stored));
        to[i] = static_cast<double>(x);
    }
}

/// A float of 16 bits with 10 bits of mantissa (F16) or 7 (BF16).
double from_16_bits(std::uint16_t bits, int mantissa) {
    const int exponent_bits = 15 - mantissa, bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = (bits >> mantissa) & ((1 << exponent_bits) - 1), fraction = bits & ((1 << mantissa) - 1);
    const double size = exponent == (1 << exponent_bits) - 1 ? (fraction != 0 ? NAN : INFINITY)
                        : exponent == 0                      ? std::ldexp(fraction, 1 - bias - mantissa)
                                        : std::ldexp(fraction + (1 << mantissa), exponent - bias - mantissa);
    return (bits & 0x8000) != 0 ? -size : size;
}

struct stored_type {
    std::string_view name;
    std::size_t size;
    double epsilon;
    void (*copy)(std::vector<double>&, std::string_view);
};

template <int Mantissa>
void copy_16_bits(std::vector<double>& to, std::string_view bytes) {
    copy_numbers<std::uint16_t>(to, bytes);
    for (double& x : to) x = from_16_bits(static_cast<std::uint16_t>(x), Mantissa);
}

constexpr std::array<stored_type, 13> stored_types{{{"F64", 8, 0x1p-52, copy_numbers<double>},
                                                    {"F32", 4, 0x1p-23, copy_numbers<float>},
                                                    {"F16", 2, 0x1p-10, copy_16_bits<10>},
                                                    {"BF16", 2, 0x1p-7, copy_16_bits<7>},
                                                    {"I64", 8, 0, copy_numbers<std::int64_t>},
                                                    {"I32", 4, 0, copy_numbers<std::int32_t>},
                                                    {"I16", 2, 0, copy_numbers<std::int16_t>},
                                                    {"I8", 1, 0, copy_numbers<std::int8_t>},
                                                    {"U64", 8, 0, copy_numbers<std::uint64_t>},
                                                    {"U32", 4, 0, copy_numbers<std::uint32_t>},
                                                    {"U16", 2, 0, copy_numbers<std::uint16_t>},
                                                    {"U8", 1, 0, copy_numbers<std::uint8_t>},
                                                    {"BOOL", 1, 0, copy_numbers<std::uint8_t>}}};

} // namespace

void decode(array& a, std::string_view type, std::string_view bytes) {
    std::size_t count = 1;
    for (const std::int64_t n : a.shape) {
        if (n < 0 || (n > 0 && count > bytes.size() / static_cast<std::size_t>(n))) {
            a.problem =
                "has the shape " + text_of(a.shape) + ", more than its " + std::to_string(bytes.size()) + " bytes";
            return;
        }
        count *= static_cast<std::size_t>(n);
    }
    for (const stored_type& t : stored_types) {
        if (t.name != type) continue;
        if (bytes.size() != count * t.size) {
            a.problem = "has " + std::to_string(bytes.size()) + " bytes, expected " + std::to_string(count * t.size);
            return;
        }
        a.numbers.resize(count);
        a.epsilon = t.epsilon;
        t.copy(a.numbers, bytes);
        return;
    }
    a.problem = "has elements of type " + std::string(type) + ", which are not numbers";
}

std::string text_of(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
    return text + "]";
}

arrays arrays_of_safetensors(std::string_view bytes) {
    if (bytes.size() < 8) throw std::runtime_error("is not a safetensors file: it has fewer than 8 bytes");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    if (length > bytes.size() - 8)
        throw std::runtime_error(
            "is neither an .npz nor a safetensors file, or it is cut short: its header should have " +
            std::to_string(length) + " bytes");
    const std::string_view data = bytes.substr(8 + length);
    arrays result;
    try {
        const auto header = nlohmann::json::parse(bytes.substr(8, length));
        for (const auto& [name, entry] : header.items()) {
            if (name == "__metadata__") continue;
            array& a = result[name];
            a.shape = entry.at("shape").get<std::vector<std::int64_t>>();
            const auto begin = entry.at("data_offsets").at(0).get<std::uint64_t>();
            const auto end = entry.at("data_offsets").at(1).get<std::uint64_t>();
            if (begin > end || end > data.size())
                a.problem = "ends at byte " + std::to_string(end) + " of " + std::to_string(data.size()) +
                            ": the file is cut short";
            else
                decode(a, entry.at("dtype").get<std::string>(), data.substr(begin, end - begin));
        }
    } catch (const nlohmann::json::exception&) {
        throw std::runtime_error("has a header that is not the JSON of safetensors");
    }
    return result;
}

arrays read_arrays(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    file.peek(); // a directory can be opened, too
    if (file.fail()) throw std::runtime_error(path + " cannot be read");
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    try {
        return bytes.starts_with("PK") ? arrays_of_npz(bytes) : arrays_of_safetensors(bytes);
    } catch (const std::runtime_error& e) { throw std::runtime_error(path + " " + e.what()); }
}

} // namespace diff
