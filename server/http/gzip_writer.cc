#include "server/http/gzip_writer.h"

#include <zlib.h>

#include <limits>

#include "server/http/http_message.h"

namespace varve::server {
namespace {

// 15 bits of window, and 16 says gzip rather than zlib framing.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;

// Whether the parameters of a coding (`;q=0.5`) give it a weight of 0.
bool HasZeroWeight(std::string_view parameters) {
  while (!parameters.empty()) {
    const size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = TrimBlanks(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!EqualsIgnoreCase(TrimBlanks(parameter.substr(0, equals)), "q")) continue;
    const std::string_view weight = TrimBlanks(parameter.substr(equals + 1));
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view coding = TrimBlanks(item.substr(0, semicolon));
    const bool accepted = !HasZeroWeight(item.substr(std::min(semicolon + 1, item.size())));
    // What is said of gzip by name outweighs what is said of everything.
    if (EqualsIgnoreCase(coding, "gzip") || EqualsIgnoreCase(coding, "x-gzip")) return accepted;
    if (coding == "*") any = accepted;
  }
  return any;
}

std::string Gzip(std::string_view body) {
  if (body.size() > std::numeric_limits<uInt>::max()) return {};
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string compressed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int result = deflate(&stream, Z_FINISH);
  compressed.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  compressed.shrink_to_fit();
  return compressed;
}

}  // namespace varve::server
