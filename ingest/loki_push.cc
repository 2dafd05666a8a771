#include "ingest/loki_push.h"

#include <algorithm>
#include <cctype>

#include "ingest/compression.h"
#include "ingest/loki_push_json.h"
#include "ingest/loki_push_protobuf.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

// "Application/JSON; charset=utf-8" -> "application/json".
std::string MediaType(std::string_view content_type) {
  std::string type;
  for (const char c : content_type.substr(0, content_type.find(';'))) {
    if (c != ' ') type.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return type;
}

bool LooksLikeJson(std::string_view body) {
  const size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{';
}

}  // namespace

absl::Status DecodeLokiPush(std::string_view content_type, std::string_view content_encoding,
                            std::string_view body, const LokiPushOptions& options,
                            LokiPushRequest* request) {
  *request = LokiPushRequest();
  const std::string media_type = MediaType(content_type);
  const bool json = media_type == "application/json" || media_type == "text/json";
  std::string_view plain;
  if (!json && content_encoding.empty()) {
    // Protobuf comes as a bare snappy block without saying so; some senders do not compress, and
    // some forget the content type of JSON.
    if (media_type != "application/x-protobuf" && LooksLikeJson(body)) {
      return DecodeLokiPushJson(body, options, request);
    }
    const absl::Status snappy = DecompressSnappy(body, options.body_bytes_max, &request->buffer);
    if (snappy.ok()) return DecodeLokiPushProtobuf(request->buffer, options, request);
    const absl::Status bare = DecodeLokiPushProtobuf(body, options, request);
    return bare.ok() ? bare : snappy;
  }
  VARVE_RETURN_IF_ERROR(
      Decompress(content_encoding, body, options.body_bytes_max, &request->buffer, &plain));
  const bool protobuf = media_type == "application/x-protobuf";
  if (json || (!protobuf && LooksLikeJson(plain))) {
    return DecodeLokiPushJson(plain, options, request);
  }
  return DecodeLokiPushProtobuf(plain, options, request);
}

}  // namespace varve::ingest
