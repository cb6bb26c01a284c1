// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Arrays in files: numpy's .npz, plain or compressed, and safetensors.
namespace diff {

struct array {
    std::vector<std::int64_t> shape;
    std::vector<double> numbers; ///< row by row; texts are numbered in the order of their first appearance
    double epsilon = 0;          ///< of the type that was stored: 2⁻²³ for float32; 0 for whole numbers and texts
    std::string problem;         ///< why the array cannot be used; "" if it can
};

using arrays = std::map<std::string, array>;

/// All arrays of a file. An array that cannot be used has a problem. A file that cannot be read throws
/// std::runtime_error with a sentence that begins with its path.
[[nodiscard]] arrays read_arrays(const std::string& path);

/// The arrays of an .npz or a .safetensors file from its bytes, without the path in the sentence.
[[nodiscard]] arrays arrays_of_npz(std::string_view bytes);
[[nodiscard]] arrays arrays_of_safetensors(std::string_view bytes);

/// Fills numbers and epsilon from little-endian bytes. `type` is as in safetensors (F32, BF16, I64, BOOL …); the shape
/// must be there. Sets the problem for other types and for bytes that are too few or too many.
void decode(array& a, std::string_view type, std::string_view bytes);

/// "[3, 5]"
[[nodiscard]] std::string text_of(const std::vector<std::int64_t>& shape);

} // namespace diff
