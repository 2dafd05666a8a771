#include "ingest/json_lines.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "ingest/compression.h"
#include "ingest/json_text.h"
#include "ingest/log_level.h"
#include "ingest/log_time.h"
#include "ingest/stream_gatherer.h"
#include "ingest/text_arena.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using simdjson::error_code;
using simdjson::ondemand::json_type;
using storage::Quote;
using storage::StrCat;

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

absl::Status Malformed(error_code error) {
  return absl::InvalidArgumentError(simdjson::error_message(error));
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
  simdjson::ondemand::parser parser;
  TextArena texts;
  StreamGatherer gatherer;
  std::vector<Field> found;  // of the object at hand

  // All fields of an object, those of objects inside it too.
  absl::Status Flatten(simdjson::ondemand::object object, std::string_view prefix, int depth) {
    if (depth == kJsonDepthMax) return Malformed(simdjson::DEPTH_ERROR);
    for (auto member : object) {
      simdjson::ondemand::field field;
      std::string_view key;
      json_type type{};
      if (const error_code error = std::move(member).get(field)) return Malformed(error);
      if (const error_code error = field.unescaped_key().get(key)) return Malformed(error);
      if (const error_code error = field.value().type().get(type)) return Malformed(error);
      const std::string_view name =
          prefix.empty() ? texts.Keep(key) : texts.Keep(StrCat(prefix, ".", key));
      if (type == json_type::object) {
        simdjson::ondemand::object inner;
        if (const error_code error = field.value().get_object().get(inner)) return Malformed(error);
        VARVE_RETURN_IF_ERROR(Flatten(inner, name, depth + 1));
        continue;
      }
      if (found.size() == kFieldsMax) {
        return absl::InvalidArgumentError(StrCat("more than ", kFieldsMax, " fields"));
      }
      std::string_view text;
      if (const error_code error = ReadJsonText(field.value(), depth, &texts, &text)) {
        return Malformed(error);
      }
      if (!text.empty()) found.push_back({name, text});
    }
    return absl::OkStatus();
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
  found.clear();
  simdjson::ondemand::document document;
  json_type type{};
  if (const error_code error =
          parser.iterate(object, object.size() + simdjson::SIMDJSON_PADDING).get(document)) {
    return Malformed(error);
  }
  if (const error_code error = document.type().get(type)) return Malformed(error);
  if (type != json_type::object) return absl::InvalidArgumentError("it is no JSON object");
  simdjson::ondemand::object root;
  if (const error_code error = document.get_object().get(root)) return Malformed(error);
  VARVE_RETURN_IF_ERROR(Flatten(root, "", 1));
  if (document.current_location().error() == simdjson::SUCCESS) {
    return Malformed(simdjson::TAPE_ERROR);  // something stands behind it
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

void JsonObjectSink::Finish(LokiPushRequest* request, StreamGatherer::Tell tell) {
  LogBatchBuilder builder(state_->options, request);
  state_->gatherer.Build(&builder, tell);
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
    request->Reject(storage::RejectReason::kMalformed,
                    StrCat("cannot decode line ", number, ": ", storage::ToStd(added.message())));
  }
  sink.Finish(request, [](size_t, const std::optional<storage::Rejection>&) {});
  return absl::OkStatus();
}

}  // namespace varve::ingest
