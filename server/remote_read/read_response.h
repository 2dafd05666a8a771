// The two answers of remote read: all samples in one message, or a stream of frames with chunks.
//
// A frame is `length (uvarint), crc32c of the message (4 bytes, big-endian), message`, the message
// a ChunkedReadResponse with chunks of one series; a long series takes several frames.
//
// Threads:  one thread.
// Owns:     a ReadFrameWriter less than one frame of the series it is at.
// Source:   Prometheus, "Remote Read API"; prompb remote.proto and types.proto.
#ifndef SERVER_REMOTE_READ_READ_RESPONSE_H_
#define SERVER_REMOTE_READ_READ_RESPONSE_H_

#include <cstdint>
#include <string>

#include "storage/querier.h"

namespace varve::server {

inline constexpr size_t kReadFrameBytesMax = 1 << 20;

// Appends the TimeSeries field of a QueryResult.
void AppendReadSeries(storage::LabelSetView labels, const storage::SampleColumns& columns,
                      std::string* out);
// Appends what the QueryResult field of a ReadResponse begins with; `result_bytes` of series
// follow.
void AppendReadResultHead(uint64_t result_bytes, std::string* out);

// Makes the frames of one series after the other, whose samples may come in pieces of time.
class ReadFrameWriter {
 public:
  // `query_index`: which of the request's queries the series answers.
  void Begin(storage::LabelSetView labels, int64_t query_index);
  // Samples behind those added before. Appends the frames that are full.
  void Add(const storage::SampleColumns& columns, std::string* out);
  // Appends the series' last frame; none where it had no samples.
  void End(std::string* out);

 private:
  int64_t query_index_ = 0;
  size_t head_bytes_ = 0;  // of the labels, which each frame begins with
  std::string series_;
  std::string chunk_;
};

// CRC-32 with Castagnoli's polynomial.
uint32_t Crc32Castagnoli(std::string_view bytes);

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_READ_RESPONSE_H_
