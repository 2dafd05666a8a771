#include "ingest/json_lines.h"

#include <simdjson.h>

#include <algorithm>

#include "ingest/compression.h"
#include "ingest/log_level.h"
#include "ingest/log_time.h"
#include "ingest/stream_gatherer.h"
#include "ingest/text_arena.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using storage::Quote;
using storage::StrCat;

constexpr size_t kJsonDepthMax = 64;
constexpr size_t kFieldsMax = 1000;
static_assert(simdjson::SIMDJSON_PADDING <= 64, "what callers of Add leave behind the text");

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string LabelName(std::string_view field) {
  std::string name;
  if (field.empty() || (field[0] >= '0' && field[0] <= '9')) name = "_";
  for (const char c : field) name.push_back(IsNameByte(c) ? c : '_');
  return name;
}

bool IsAmong(std::string_view name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern.empty() || pattern.back() != '*') return name == pattern;
    return name.substr(0, pattern.size() - 1) == pattern.substr(0, pattern.size() - 1);
  });
}

struct Field {
  std::string_view name;
  std::string_view value;
};

}  // namespace

struct JsonObjectSink::State {
  State(const JsonLinesOptions& field_options, const LokiPushOptions& push_options)
      : fields(field_options), options(push_options) {}

  const JsonLinesOptions& fields;
  const LokiPushOptions& options;
  simdjson::dom::parser parser;
  TextArena texts;
  StreamGatherer gatherer;
  std::vector<Field> found;  // of the object at hand

  // All fields of an object, those of objects inside it too; false where there are too many.
  bool Flatten(element value, const std::string& prefix) {
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return true;
    for (const auto& [key, inner] : object) {
      const std::string name = StrCat(prefix, prefix.empty() ? "" : ".", std::string_view(key));
      if (inner.is_object()) {
        if (!Flatten(inner, name)) return false;
        continue;
      }
      if (found.size() == kFieldsMax) return false;
      std::string_view text;
      if (inner.is_null()) continue;
      if (inner.get(text) != simdjson::SUCCESS) {
        text = texts.Keep(simdjson::minify(inner));
      } else {
        text = texts.Keep(text);
      }
      if (!text.empty()) found.push_back({texts.Keep(name), text});
    }
    return true;
  }

  const Field* FirstOf(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      for (const Field& field : found) {
        if (field.name == name) return &field;
      }
    }
    return nullptr;
  }

  absl::Status Add(std::string_view object);
};

absl::Status JsonObjectSink::State::Add(std::string_view object) {
  element root;
  if (const auto error = parser.parse(object.data(), object.size(), false).get(root);
      error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(simdjson::error_message(error));
  }
  if (!root.is_object()) return absl::InvalidArgumentError("it is no JSON object");
  found.clear();
  if (!Flatten(root, "")) {
    return absl::InvalidArgumentError(StrCat("more than ", kFieldsMax, " fields"));
  }
  for (const auto& [name, value] : fields.extra_fields) found.push_back({name, value});

  const Field* const time = FirstOf(fields.time_fields);
  int64_t time_ns = fields.now_ns;
  if (time != nullptr && time->value != "0" && !ParseLogTime(time->value, &time_ns)) {
    return absl::InvalidArgumentError(StrCat("cannot parse timestamp ", Quote(time->value), " in ",
                                             Quote(time->name),
                                             ", want RFC 3339 or a time since 1970"));
  }
  const Field* const line = FirstOf(fields.line_fields);
  LogBatchBuilder::Pairs labels;
  LogBatchBuilder::Pairs metadata;
  for (const Field& field : found) {
    if (&field == time || &field == line) continue;
    const bool is_label = std::find(fields.stream_fields.begin(), fields.stream_fields.end(),
                                    field.name) != fields.stream_fields.end();
    if (!is_label && (line == nullptr || IsAmong(field.name, fields.ignored_fields))) continue;
    (is_label ? labels : metadata).emplace_back(texts.Keep(LabelName(field.name)), field.value);
  }
  // A stream needs a label; discovery may not be there to add one.
  if (labels.empty()) labels.emplace_back(kServiceNameLabel, kUnknownService);
  std::sort(labels.begin(), labels.end());
  gatherer.Add(std::move(labels), time_ns, line == nullptr ? texts.Keep(object) : line->value,
               std::move(metadata));
  return absl::OkStatus();
}

JsonObjectSink::JsonObjectSink(const JsonLinesOptions& fields, const LokiPushOptions& options)
    : state_(std::make_shared<State>(fields, options)) {}
JsonObjectSink::~JsonObjectSink() = default;

absl::Status JsonObjectSink::Add(std::string_view object) {
  // A longer line was refused in any case, and the parser's memory follows the longest one.
  const size_t capacity = std::max<size_t>(object.size(), 4096);
  if (state_->parser.capacity() < capacity || state_->parser.max_depth() != kJsonDepthMax) {
    if (state_->parser.allocate(capacity, kJsonDepthMax) != simdjson::SUCCESS) {
      return absl::ResourceExhaustedError("out of memory");
    }
  }
  return state_->Add(object);
}

void JsonObjectSink::Finish(LokiPushRequest* request) {
  LogBatchBuilder builder(state_->options, request);
  state_->gatherer.Build(&builder);
  request->parsed = std::move(state_);
}

absl::Status DecodeJsonLines(const JsonLinesOptions& fields, std::string_view content_encoding,
                             std::string_view body, const LokiPushOptions& options,
                             LokiPushRequest* request) {
  *request = LokiPushRequest();
  std::string_view plain;
  VARVE_RETURN_IF_ERROR(
      Decompress(content_encoding, body, options.body_bytes_max, &request->buffer, &plain));
  const simdjson::padded_string text(plain);
  JsonObjectSink sink(fields, options);
  std::string_view rest(text.data(), text.size());
  for (uint64_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const absl::Status added = sink.Add(line);
    if (added.ok()) continue;
    ++request->rejected;
    if (request->rejections.size() < storage::kRejectionsMax) {
      request->rejections.push_back(
          {storage::RejectReason::kInvalidLabels,
           StrCat("cannot decode line ", number, ": ", storage::ToStd(added.message()))});
    }
  }
  sink.Finish(request);
  return absl::OkStatus();
}

}  // namespace varve::ingest
