// A frame of reference: integers as bit-packed distances from one base, with exceptions.
//
// Outliers do not widen the frame: the bits that do not fit are kept beside their positions and
// added after unpacking. All arithmetic is modulo 2^64, so that any 64-bit column can be framed.
//
// Threads:  free functions; scratch memory is per thread.
// Owns:     nothing.
// Errors:   a damaged frame returns false.
// Format:   storage/docs/encoding_format.md, section 5
#ifndef STORAGE_ENCODING_FRAME_OF_REFERENCE_H_
#define STORAGE_ENCODING_FRAME_OF_REFERENCE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/encoding/byte_reader.h"

namespace varve::storage {

struct FramePlan {
  uint64_t base = 0;
  unsigned width = 0;  // bits of every value
  bool has_exceptions = false;
  bool signed_highs = false;  // exceptions lie on both sides of the frame, not only above
  size_t cost_bits = 0;       // about; what plans are compared by
};

// The cheapest frame for the column. Values are taken as signed; at least one. Outliers are not
// searched for where the frame would hardly get below `bits_to_beat`.
FramePlan PlanFrame(std::span<const uint64_t> values, size_t bits_to_beat = SIZE_MAX);

void EncodeFrame(std::span<const uint64_t> values, const FramePlan& plan, std::string* out);

// Gives the distances from *base: a value is *base + out[i], modulo 2^64. Callers add the base in
// the pass that sums or scales anyway.
[[nodiscard]] bool DecodeFrame(ByteReader* reader, size_t count, uint64_t* out, uint64_t* base);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_FRAME_OF_REFERENCE_H_
