// Strictly increasing positions in a column, as Rice-coded gaps: near the entropy of where they
// lie, from one exception in 4096 values to every second value (where it is a bitmap).
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   a damaged list returns false.
// Format:   storage/docs/encoding_format.md, section 4
#ifndef STORAGE_ENCODING_POSITION_LIST_H_
#define STORAGE_ENCODING_POSITION_LIST_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/encoding/byte_reader.h"

namespace varve::storage {

void EncodePositions(std::span<const uint32_t> positions, std::string* out);

// Replaces *positions. Every position is below `column_count`.
[[nodiscard]] bool DecodePositions(ByteReader* reader, size_t column_count,
                                   std::vector<uint32_t>* positions);

// About how many bits a list of `count` positions below `column_count` takes.
size_t EstimatePositionBits(size_t count, size_t column_count);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_POSITION_LIST_H_
