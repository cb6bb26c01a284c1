// SPDX-License-Identifier: MIT
// An .npz file is a zip archive of .npy files, stored or deflated.
#include "files.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <zlib.h>

namespace diff {

namespace {

/// A little-endian number of `size` bytes.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
    if (at > bytes.size() || size > bytes.size() - at) throw std::runtime_error("is a zip file that is cut short");
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < size; ++i) n |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return n;
}

std::string inflated(std::string_view bytes, std::uint64_t size) {
    if (size / 1100 > bytes.size())
        throw std::runtime_error("cannot be decompressed"); // deflate's largest ratio is 1032
    std::string result(size, '\0');
    z_stream z{};
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(result.data());
    z.avail_out = static_cast<uInt>(result.size());
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::runtime_error("cannot be decompressed");
    const int status = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (status != Z_STREAM_END || z.avail_out != 0) throw std::runtime_error("cannot be decompressed");
    return result;
}

/// The value of a key in the header of an .npy file, which is a Python dictionary.
std::string_view value_of(std::string_view header, std::string_view key) {
    const std::size_t at = header.find("'" + std::string(key) + "':");
    if (at == header.npos) throw std::runtime_error("has no " + std::string(key) + " in its header");
    header.remove_prefix(at + key.size() + 3);
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    return header;
}

/// The name of the type in safetensors: <f4 is F32.
std::string type_of(std::string_view descr) {
    const std::string_view kind = descr.substr(1);
    if (descr.starts_with('>')) return "big-endian " + std::string(kind);
    for (const auto& [numpy, name] : {std::pair{"f8", "F64"},
                                      {"f4", "F32"},
                                      {"f2", "F16"},
                                      {"i8", "I64"},
                                      {"i4", "I32"},
                                      {"i2", "I16"},
                                      {"i1", "I8"},
                                      {"u8", "U64"},
                                      {"u4", "U32"},
                                      {"u2", "U16"},
                                      {"u1", "U8"},
                                      {"b1", "BOOL"}})
        if (kind == numpy) return name;
    return std::string(descr);
}

/// Turns texts of a fixed size into ids.
void number_texts(array& a, std::size_t size, std::string_view bytes) {
    std::map<std::string_view, double> seen;
    for (; size > 0 && bytes.size() >= size; bytes.remove_prefix(size))
        a.numbers.push_back(seen.emplace(bytes.substr(0, size), static_cast<double>(seen.size())).first->second);
}

/// Transposes an array that was stored with order = "F".
void transpose(array& a) {
    if (a.shape.size() != 2 || a.numbers.empty()) return;
    const auto rows = static_cast<std::size_t>(a.shape[0]), columns = static_cast<std::size_t>(a.shape[1]);
    std::vector<double> by_rows(a.numbers.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) by_rows[r * columns + c] = a.numbers[c * rows + r];
    a.numbers = std::move(by_rows);
}

array array_of_npy(std::string_view bytes) {
    if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12) throw std::runtime_error("is not a .npy array");
    const std::size_t size_bytes = bytes[6] == 1 ? 2 : 4;
    const auto length = static_cast<std::size_t>(number(bytes, 8, size_bytes));
    if (length > bytes.size() - 8 - size_bytes) throw std::runtime_error("is cut short");
    const std::string_view header = bytes.substr(8 + size_bytes, length);
    bytes.remove_prefix(8 + size_bytes + length);

    array a;
    std::string_view shape = value_of(header, "shape");
    shape = shape.substr(0, shape.find(')'));
    for (std::size_t at = shape.find_first_of("0123456789"); at != shape.npos;
         at = shape.find_first_of("0123456789", shape.find(',', at)))
        a.shape.push_back(std::strtoll(std::string(shape.substr(at)).c_str(), nullptr, 10));
    std::string_view descr = value_of(header, "descr");
    if (!descr.starts_with('\'')) throw std::runtime_error("has elements with fields, which are not numbers");
    descr = descr.substr(1, descr.find('\'', 1) - 1);
    if (descr.size() > 2 && (descr[1] == 'U' || descr[1] == 'S'))
        number_texts(a, std::strtoul(std::string(descr.substr(2)).c_str(), nullptr, 10) * (descr[1] == 'U' ? 4 : 1),
                     bytes);
    else
        decode(a, descr.size() < 3 ? std::string(descr) : type_of(descr), bytes);
    if (value_of(header, "fortran_order").starts_with("True")) transpose(a);
    return a;
}

struct entry {
    std::string name;
    std::uint64_t method, packed, size, crc, header;
};

/// The archive's directory, which is at its end.
std::vector<entry> directory(std::string_view zip) {
    const std::size_t end = zip.rfind("PK\x05\x06");
    if (end == zip.npos) throw std::runtime_error("is a zip file that is cut short: it has no directory");
    std::vector<entry> entries(number(zip, end + 10, 2));
    std::size_t at = number(zip, end + 16, 4);
    if (at == 0xffffffff) throw std::runtime_error("is a zip file of more than 4 GB");
    for (entry& e : entries) {
        if (number(zip, at, 4) != 0x02014b50) throw std::runtime_error("is a zip file with a damaged directory");
        const std::size_t name = number(zip, at + 28, 2), more = number(zip, at + 30, 2) + number(zip, at + 32, 2);
        e = {std::string(zip.substr(at + 46, name)),
             number(zip, at + 10, 2),
             number(zip, at + 20, 4),
             number(zip, at + 24, 4),
             number(zip, at + 16, 4),
             number(zip, at + 42, 4)};
        if (e.name.ends_with(".npy")) e.name.resize(e.name.size() - 4);
        at += 46 + name + more;
    }
    return entries;
}

array array_of_entry(std::string_view zip, const entry& e) {
    const std::size_t begin = e.header + 30 + number(zip, e.header + 26, 2) + number(zip, e.header + 28, 2);
    if (begin > zip.size() || e.packed > zip.size() - begin) throw std::runtime_error("is cut short");
    if (e.method != 0 && e.method != 8) throw std::runtime_error("is compressed by a method other than deflate");
    const std::string_view stored = zip.substr(begin, e.packed);
    const std::string bytes = e.method == 0 ? std::string(stored) : inflated(stored, e.size);
    const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
    if (crc != e.crc) throw std::runtime_error("is damaged: its checksum is wrong");
    return array_of_npy(bytes);
}

} // namespace

arrays arrays_of_npz(std::string_view zip) {
    arrays result;
    for (const entry& e : directory(zip)) {
        array& a = result[e.name];
        try {
            a = array_of_entry(zip, e);
        } catch (const std::runtime_error& error) { a.problem = error.what(); }
    }
    return result;
}

} // namespace diff
