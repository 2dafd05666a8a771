#include "ingest/loki_push_json.h"

#include <simdjson.h>

#include <charconv>
#include <optional>

#include "absl/time/time.h"
#include "ingest/json_number_texts.h"
#include "ingest/label_text.h"
#include "ingest/log_batch_builder.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using storage::StrCat;

constexpr size_t kJsonDepthMax = 64;

// What a parsed body needs to stay readable.
struct JsonBody {
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  std::deque<std::string> converted;  // values that were no strings, as text
  element root;
  std::optional<JsonNumberTexts> numbers;  // made for the first value that needs it
};

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("cannot decode push request: ", what));
}

// A label's or metadata's value as text, whatever JSON type it has.
std::string_view TextOf(element value, JsonBody* body) {
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) return text;
  body->converted.push_back(simdjson::minify(value));
  return body->converted.back();
}

// The same of an object's member, with the digits of its numbers as they were written.
std::string_view MemberTextOf(std::string_view name, element value, JsonBody* body) {
  if (!value.is_double() && !value.is_object() && !value.is_array()) return TextOf(value, body);
  if (!body->numbers.has_value()) body->numbers.emplace(body->root, body->text);
  body->converted.push_back(body->numbers->Compact(name, value));
  return body->converted.back();
}

absl::Status PairsOf(element object, JsonBody* body, LogBatchBuilder::Pairs* pairs) {
  simdjson::dom::object fields;
  if (object.get(fields) != simdjson::SUCCESS) return Malformed("labels are no object");
  for (const auto& [name, value] : fields) {
    pairs->emplace_back(name, MemberTextOf(name, value, body));
  }
  return absl::OkStatus();
}

bool ParseNanoseconds(element value, int64_t* timestamp_ns) {
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), *timestamp_ns);
    return error == std::errc() && end == text.data() + text.size();
  }
  return value.get(*timestamp_ns) == simdjson::SUCCESS;
}

// ["<ns>", "line", {metadata}?]
absl::Status AddValue(element value, JsonBody* body, LogBatchBuilder* builder) {
  simdjson::dom::array tuple;
  if (value.get(tuple) != simdjson::SUCCESS) return Malformed("an entry is no array");
  int64_t timestamp_ns = 0;
  std::string_view line;
  LogBatchBuilder::Pairs metadata;
  size_t position = 0;
  for (const element part : tuple) {
    if (position == 0 && !ParseNanoseconds(part, &timestamp_ns)) {
      builder->RejectEntry(StrCat("cannot parse timestamp ", std::string(simdjson::minify(part)),
                                  ", want nanoseconds since 1970 as a string"));
      return absl::OkStatus();
    }
    if (position == 1) line = TextOf(part, body);
    if (position == 2 && !part.is_null()) {
      VARVE_RETURN_IF_ERROR(PairsOf(part, body, &metadata));
    }
    ++position;
  }
  if (position < 2) return Malformed("an entry has no line");
  builder->AddEntry(timestamp_ns, line, std::move(metadata));
  return absl::OkStatus();
}

// {"ts": "2026-11-21T10:00:00Z", "line": "..."} of the legacy body.
absl::Status AddLegacyEntry(element entry, JsonBody* body, LogBatchBuilder* builder) {
  element ts;
  element line;
  if (entry["ts"].get(ts) != simdjson::SUCCESS || entry["line"].get(line) != simdjson::SUCCESS) {
    return Malformed("an entry has no ts or no line");
  }
  int64_t timestamp_ns = 0;
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, storage::ToAbsl(TextOf(ts, body)), &time, &error)) {
    timestamp_ns = absl::ToUnixNanos(time);
  } else if (!ParseNanoseconds(ts, &timestamp_ns)) {
    builder->RejectEntry(StrCat("cannot parse timestamp ", TextOf(ts, body), ": ", error));
    return absl::OkStatus();
  }
  builder->AddEntry(timestamp_ns, TextOf(line, body), {});
  return absl::OkStatus();
}

absl::Status AddEntries(element stream, std::string_view key, bool legacy, JsonBody* body,
                        LogBatchBuilder* builder) {
  simdjson::dom::array entries;
  if (stream[key].get(entries) != simdjson::SUCCESS) return absl::OkStatus();
  for (const element entry : entries) {
    VARVE_RETURN_IF_ERROR(legacy ? AddLegacyEntry(entry, body, builder)
                                 : AddValue(entry, body, builder));
  }
  return absl::OkStatus();
}

absl::Status AddStream(element stream, JsonBody* body, LogBatchBuilder* builder) {
  if (!stream.is_object()) return Malformed("a stream is no object");
  element labels;
  if (stream["stream"].get(labels) == simdjson::SUCCESS) {
    LogBatchBuilder::Pairs pairs;
    VARVE_RETURN_IF_ERROR(PairsOf(labels, body, &pairs));
    builder->BeginStream(std::move(pairs));
  } else if (std::string_view text; stream["labels"].get(text) == simdjson::SUCCESS) {
    LabelPairs pairs;
    if (const absl::Status parsed = ParseLabelText(text, &pairs); parsed.ok()) {
      builder->BeginStream({pairs.begin(), pairs.end()});
    } else {
      builder->BeginUnreadableStream(storage::ToStd(parsed.message()));
    }
  } else {
    builder->BeginStream({});
  }
  VARVE_RETURN_IF_ERROR(AddEntries(stream, "values", false, body, builder));
  VARVE_RETURN_IF_ERROR(AddEntries(stream, "entries", true, body, builder));
  builder->EndStream();
  return absl::OkStatus();
}

absl::Status AddStreams(element root, JsonBody* body, LogBatchBuilder* builder) {
  simdjson::dom::array streams;
  if (root["streams"].get(streams) != simdjson::SUCCESS) {
    return Malformed("no array \"streams\" in it");
  }
  for (const element stream : streams) {
    VARVE_RETURN_IF_ERROR(AddStream(stream, body, builder));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeLokiPushJson(std::string_view body, const LokiPushOptions& options,
                                LokiPushRequest* request) {
  auto parsed = std::make_shared<JsonBody>();
  parsed->text = simdjson::padded_string(body);
  element root;
  if (parsed->parser.allocate(parsed->text.size() + 1, kJsonDepthMax) != simdjson::SUCCESS) {
    return absl::ResourceExhaustedError("cannot decode push request: out of memory");
  }
  if (const auto error = parsed->parser.parse(parsed->text).get(root); error != simdjson::SUCCESS) {
    return Malformed(simdjson::error_message(error));
  }
  parsed->root = root;
  LogBatchBuilder builder(options, request);
  const absl::Status status = AddStreams(root, parsed.get(), &builder);
  request->parsed = std::move(parsed);
  if (!status.ok()) request->batch.Clear();
  return status;
}

}  // namespace varve::ingest
