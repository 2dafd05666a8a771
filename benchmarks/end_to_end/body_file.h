// The file of bodies that body_writer writes and body_sender sends: one after the other
//   uint32 little-endian  bytes of the body
//   uint32 little-endian  samples in it
//   bytes                 the body: a remote-write 1.0 WriteRequest, snappy block compressed
#ifndef BENCHMARKS_END_TO_END_BODY_FILE_H_
#define BENCHMARKS_END_TO_END_BODY_FILE_H_

#include <cstdint>

namespace varve::benchmarks {

struct BodyHeader {
  uint32_t body_bytes = 0;
  uint32_t samples = 0;
};
static_assert(sizeof(BodyHeader) == 8);

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_BODY_FILE_H_
