// Gzip answers for the clients that ask for it.
//
// Threads:  functions without state.
#ifndef SERVER_HTTP_GZIP_WRITER_H_
#define SERVER_HTTP_GZIP_WRITER_H_

#include <string>
#include <string_view>

namespace varve::server {

// Bodies up to this length are sent as they are: compressing them saves no packet.
inline constexpr size_t kGzipBodyBytesMin = 1024;

// Whether an Accept-Encoding header allows gzip: by name or by `*`, unless its weight is 0.
bool AcceptsGzip(std::string_view accept_encoding);

// `body` as one gzip member, at the fastest level: JSON shrinks tenfold even there. Empty when zlib
// has no memory; the caller then sends the body itself.
std::string Gzip(std::string_view body);

}  // namespace varve::server

#endif  // SERVER_HTTP_GZIP_WRITER_H_
