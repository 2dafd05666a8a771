#include "server/remote_read/read_request.h"

#include <string>
#include <utility>

#include "ingest/compression.h"
#include "ingest/protobuf_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using ingest::PackedVarints;
using ingest::ProtobufReader;
using ingest::WireType;
using storage::Matcher;
using storage::MatchType;
using storage::StrCat;

// Field numbers of ReadRequest, Query and LabelMatcher.
constexpr uint32_t kRequestQuery = 1;
constexpr uint32_t kRequestAccepted = 2;
constexpr uint32_t kQueryStart = 1;
constexpr uint32_t kQueryEnd = 2;
constexpr uint32_t kQueryMatcher = 3;
constexpr uint32_t kMatcherType = 1;
constexpr uint32_t kMatcherName = 2;
constexpr uint32_t kMatcherValue = 3;

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("cannot decode remote-read request: malformed ", what));
}

absl::StatusOr<Matcher> DecodeMatcher(std::string_view message) {
  constexpr MatchType kTypes[] = {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegex,
                                  MatchType::kNotRegex};
  uint64_t type = 0;
  std::string_view name;
  std::string_view value;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kMatcherType, WireType::kVarint)) type = reader.number();
    if (reader.Is(kMatcherName, WireType::kBytes)) name = reader.bytes();
    if (reader.Is(kMatcherValue, WireType::kBytes)) value = reader.bytes();
  }
  if (!reader.ok()) return Malformed("matcher");
  if (type >= std::size(kTypes)) {
    return absl::InvalidArgumentError(
        StrCat("cannot decode remote-read request: matcher type ", type, ", want 0 to 3"));
  }
  return Matcher::Create(kTypes[type], name, value);
}

absl::StatusOr<ReadQuery> DecodeQuery(std::string_view message) {
  ReadQuery query;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kQueryStart, WireType::kVarint)) start_ms = reader.signed_number();
    if (reader.Is(kQueryEnd, WireType::kVarint)) end_ms = reader.signed_number();
    if (reader.Is(kQueryMatcher, WireType::kBytes)) {
      if (query.matchers.size() == kReadMatchersMax) {
        return absl::InvalidArgumentError(
            StrCat("cannot decode remote-read request: more than ", kReadMatchersMax, " matchers"));
      }
      VARVE_ASSIGN_OR_RETURN(Matcher matcher, DecodeMatcher(reader.bytes()));
      query.matchers.push_back(std::move(matcher));
    }
  }
  if (!reader.ok()) return Malformed("query");
  query.range_ms = storage::TimeRange::Inclusive(start_ms, end_ms);
  return query;
}

// Chooses the first answer we have; unknown ones are those of a later client.
class AnswerChoice {
 public:
  void Add(uint64_t type) {
    asked_ = true;
    if (chosen_ || type > static_cast<uint64_t>(ReadAnswer::kStreamedChunks)) return;
    chosen_ = true;
    answer_ = static_cast<ReadAnswer>(type);
  }
  absl::StatusOr<ReadAnswer> Get() const {
    if (chosen_ || !asked_) return answer_;
    return absl::InvalidArgumentError(
        "server does not support any of the requested response types; supported: SAMPLES, "
        "STREAMED_XOR_CHUNKS");
  }

 private:
  bool asked_ = false;
  bool chosen_ = false;
  ReadAnswer answer_ = ReadAnswer::kSamples;
};

}  // namespace

absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view content_encoding,
                                              std::string_view body) {
  std::string buffer;
  std::string_view message;
  VARVE_RETURN_IF_ERROR(ingest::Decompress(content_encoding.empty() ? "snappy" : content_encoding,
                                           body, kReadRequestBytesMax, &buffer, &message));
  ReadRequest request;
  AnswerChoice choice;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRequestQuery, WireType::kBytes)) {
      if (request.queries.size() == kReadQueriesMax) {
        return absl::InvalidArgumentError(
            StrCat("cannot decode remote-read request: more than ", kReadQueriesMax, " queries"));
      }
      VARVE_ASSIGN_OR_RETURN(ReadQuery query, DecodeQuery(reader.bytes()));
      request.queries.push_back(std::move(query));
    } else if (reader.Is(kRequestAccepted, WireType::kVarint)) {
      choice.Add(reader.number());
    } else if (reader.Is(kRequestAccepted, WireType::kBytes)) {
      PackedVarints types(reader.bytes());
      uint64_t type = 0;
      while (types.Next(&type)) choice.Add(type);
      if (!types.ok()) return Malformed("request");
    }
  }
  if (!reader.ok()) return Malformed("request");
  VARVE_ASSIGN_OR_RETURN(request.answer, choice.Get());
  return request;
}

}  // namespace varve::server
