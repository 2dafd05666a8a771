#include "ingest/remote_write.h"

#include <array>
#include <cctype>

#include "ingest/compression.h"
#include "ingest/remote_write_message.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::StrCat;

constexpr std::string_view kMediaType = "application/x-protobuf";
// The names of the messages, in lower case as they are compared.
constexpr std::string_view kMessage1 = "prometheus.writerequest";
constexpr std::string_view kMessage2 = "io.prometheus.write.v2.request";

absl::Status ReadContentType(std::string_view content_type, RemoteWriteVersion* version) {
  *version = RemoteWriteVersion::k1;
  if (content_type.empty()) return absl::OkStatus();
  std::string plain;
  for (const char c : content_type) {
    if (c != ' ') plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  const std::string media_type = plain.substr(0, plain.find(';'));
  const size_t proto = plain.find(";proto=");
  std::string message = proto == std::string::npos ? "" : plain.substr(proto + 7);
  message = message.substr(0, message.find(';'));
  std::erase(message, '"');
  if (message == kMessage2) *version = RemoteWriteVersion::k2;
  if (media_type == kMediaType &&
      (message.empty() || message == kMessage1 || message == kMessage2)) {
    return absl::OkStatus();
  }
  return absl::UnimplementedError(
      StrCat("cannot decode remote-write request: content type ", content_type,
             ", want application/x-protobuf;proto=io.prometheus.write.v2.Request or "
             "application/x-protobuf;proto=prometheus.WriteRequest"));
}

// gzip and deflate are more than the protocol has. A body that only says so is of an encoding we
// do not take, not a broken one.
absl::Status CheckContentEncoding(std::string_view content_encoding, std::string_view body) {
  const auto byte = [&](size_t i) { return i < body.size() ? static_cast<uint8_t>(body[i]) : 0; };
  const bool gzip = byte(0) == 0x1f && byte(1) == 0x8b;
  const bool zlib = (byte(0) & 0x0f) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;
  if ((content_encoding == "gzip" && !gzip) || (content_encoding == "deflate" && !zlib)) {
    return absl::UnimplementedError(StrCat("cannot decode remote-write request: content encoding ",
                                           content_encoding,
                                           " of a body that is not, want snappy"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view MetadataTypeText(uint64_t type) {
  static constexpr std::array<std::string_view, 8> kTypes = {
      "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};
  return type < kTypes.size() ? kTypes[type] : kTypes[0];
}

void RemoteWriteRequest::Reject(std::string message, uint64_t samples) {
  rejected += samples;
  if (rejections.size() < storage::kRejectionsMax) {
    rejections.push_back({storage::RejectReason::kInvalidLabels, std::move(message)});
  }
}

absl::Status DecodeRemoteWrite(std::string_view content_type, std::string_view content_encoding,
                               std::string_view body, RemoteWriteRequest* request) {
  *request = RemoteWriteRequest{};
  request->batch.parse = ParseRemoteWriteLabels;
  VARVE_RETURN_IF_ERROR(ReadContentType(content_type, &request->version));
  VARVE_RETURN_IF_ERROR(CheckContentEncoding(content_encoding, body));
  std::string_view message;
  VARVE_RETURN_IF_ERROR(Decompress(content_encoding.empty() ? "snappy" : content_encoding, body,
                                   kRemoteWriteBytesMax, &request->buffer, &message));
  return request->version == RemoteWriteVersion::k2 ? DecodeWriteRequest2(message, request)
                                                    : DecodeWriteRequest1(message, request);
}

}  // namespace varve::ingest
