// Decompress: the bodies senders compress, with a limit that holds before anything is allocated.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT for a broken body or one that would exceed the limit;
//           UNIMPLEMENTED for a content encoding we do not know (HTTP 415).
#ifndef INGEST_COMPRESSION_H_
#define INGEST_COMPRESSION_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace varve::ingest {

// Snappy's block format, with its declared length checked first.
absl::Status DecompressSnappy(std::string_view body, size_t bytes_max, std::string* out);
// gzip (RFC 1952, several members too) or zlib (RFC 1950), told apart by their first bytes; raw
// deflate when they are neither.
absl::Status DecompressGzip(std::string_view body, size_t bytes_max, std::string* out);
// One or several zstd frames, with a window of at most 8 MiB.
absl::Status DecompressZstd(std::string_view body, size_t bytes_max, std::string* out);

// By the value of Content-Encoding: "", identity, snappy, gzip, deflate, zstd. `*view` is the plain
// body: the given one where it was not compressed, else `*buffer`.
absl::Status Decompress(std::string_view content_encoding, std::string_view body, size_t bytes_max,
                        std::string* buffer, std::string_view* view);

}  // namespace varve::ingest

#endif  // INGEST_COMPRESSION_H_
