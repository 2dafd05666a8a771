// The two answers of remote read: all samples in one message, or a stream of frames with chunks.
//
// A frame is `length (uvarint), crc32c of the message (4 bytes, big-endian), message`, the message
// a ChunkedReadResponse with chunks of one series; a long series takes several frames.
//
// Threads:  one thread.
// Owns:     nothing; `out` outlives a writer.
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
// Appends the QueryResult field of a ReadResponse.
void AppendReadResult(const std::string& result, std::string* out);

// Appends the frames of one series; none where it has no samples. `query_index`: which of the
// request's queries it answers.
void AppendReadFrames(storage::LabelSetView labels, const storage::SampleColumns& columns,
                      int64_t query_index, std::string* out);

// CRC-32 with Castagnoli's polynomial.
uint32_t Crc32Castagnoli(std::string_view bytes);

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_READ_RESPONSE_H_
