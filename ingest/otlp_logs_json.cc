#include "ingest/otlp_logs_json.h"

#include <simdjson.h>

#include <charconv>
#include <map>

#include "ingest/float_text.h"
#include "ingest/otlp_logs.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kJsonDepthMax = 64;

struct Document {
  simdjson::padded_string text;
  simdjson::dom::parser parser;
};

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(storage::StrCat("cannot decode OTLP logs: ", what));
}

absl::Status TooDeep() {
  return Malformed(storage::StrCat("a value nests deeper than ", kOtlpDepthMax, " levels"));
}

std::string_view TextMember(element holder, std::string_view key) {
  std::string_view text;
  return holder[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// A number, or a string of digits, as JSON writes 64 bits; 0 where the member is absent.
absl::Status NumberMember(element holder, std::string_view key, int64_t* number) {
  element value;
  if (holder[key].get(value) != simdjson::SUCCESS || value.is_null()) return absl::OkStatus();
  if (value.get(*number) == simdjson::SUCCESS) return absl::OkStatus();
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error == std::errc() && end == text.data() + text.size()) return absl::OkStatus();
  }
  return Malformed(storage::StrCat(key, " is no whole number"));
}

// The member of an array; an empty one where it is absent.
absl::Status ArrayMember(element holder, std::string_view key, array* items, bool* found) {
  element value;
  *found = holder[key].get(value) == simdjson::SUCCESS && !value.is_null();
  if (!*found) return absl::OkStatus();
  return value.get(*items) == simdjson::SUCCESS ? absl::OkStatus()
                                                : Malformed(storage::StrCat(key, " is no array"));
}

absl::Status AppendJson(element value, int depth, std::string* out);

absl::Status AppendArray(element value, int depth, std::string* out) {
  array items;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(value, "values", &items, &found));
  out->push_back('[');
  bool first = true;
  if (found) {
    for (const element item : items) {
      if (!first) out->push_back(',');
      first = false;
      VARVE_RETURN_IF_ERROR(AppendJson(item, depth + 1, out));
    }
  }
  out->push_back(']');
  return absl::OkStatus();
}

absl::Status AppendObject(element value, int depth, std::string* out) {
  array items;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(value, "values", &items, &found));
  std::map<std::string_view, element> members;
  if (found) {
    for (const element item : items) {
      element member;
      if (item["value"].get(member) == simdjson::SUCCESS) {
        members[TextMember(item, "key")] = member;
      }
    }
  }
  out->push_back('{');
  bool first = true;
  for (const auto& [key, member] : members) {
    if (!first) out->push_back(',');
    first = false;
    AppendOtlpJsonString(key, out);
    out->push_back(':');
    VARVE_RETURN_IF_ERROR(AppendJson(member, depth + 1, out));
  }
  out->push_back('}');
  return absl::OkStatus();
}

// What a scalar AnyValue says, as text. False for an object, an array or nothing.
bool ScalarText(element value, std::string* text, bool* is_string) {
  *is_string = false;
  std::string_view string;
  if (value["stringValue"].get(string) == simdjson::SUCCESS ||
      value["bytesValue"].get(string) == simdjson::SUCCESS) {
    *is_string = true;
    *text = string;
    return true;
  }
  if (bool flag = false; value["boolValue"].get(flag) == simdjson::SUCCESS) {
    *text = flag ? "true" : "false";
    return true;
  }
  if (int64_t number = 0; value["intValue"].get(number) == simdjson::SUCCESS) {
    *text = std::to_string(number);
    return true;
  }
  if (value["intValue"].get(string) == simdjson::SUCCESS) {
    *text = string;
    return true;
  }
  if (double number = 0; value["doubleValue"].get(number) == simdjson::SUCCESS) {
    *text = OtlpNumberText(number);
    return true;
  }
  // NaN, Infinity and -Infinity have no other form.
  if (value["doubleValue"].get(string) == simdjson::SUCCESS) {
    double special = 0;
    *text = ParseFloatText(string, &special) ? OtlpNumberText(special) : std::string(string);
    return true;
  }
  return false;
}

absl::Status AppendJson(element value, int depth, std::string* out) {
  if (depth > kOtlpDepthMax) return TooDeep();
  std::string text;
  bool is_string = false;
  if (ScalarText(value, &text, &is_string)) {
    if (is_string) {
      AppendOtlpJsonString(text, out);
    } else {
      out->append(text);
    }
    return absl::OkStatus();
  }
  element inner;
  if (value["arrayValue"].get(inner) == simdjson::SUCCESS) return AppendArray(inner, depth, out);
  if (value["kvlistValue"].get(inner) == simdjson::SUCCESS) return AppendObject(inner, depth, out);
  out->append("null");
  return absl::OkStatus();
}

absl::Status ReadText(element value, OtlpLogSink* sink, std::string_view* text) {
  if (value["stringValue"].get(*text) == simdjson::SUCCESS) return absl::OkStatus();
  std::string made;
  bool is_string = false;
  if (!ScalarText(value, &made, &is_string)) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return Malformed("a value is no object");
    if (members.size() == 0) return absl::OkStatus();  // no value at all
    VARVE_RETURN_IF_ERROR(AppendJson(value, 1, &made));
  }
  *text = sink->Keep(std::move(made));
  return absl::OkStatus();
}

// One attribute; an object becomes one attribute for each of its members.
absl::Status AddAttribute(std::string_view prefix, element pair, int depth, OtlpLogSink* sink,
                          OtlpAttributes* attributes) {
  if (depth > kOtlpDepthMax) return TooDeep();
  std::string_view name = TextMember(pair, "key");
  if (!prefix.empty()) name = sink->Keep(NestedAttributeName(prefix, name));
  element value;
  if (pair["value"].get(value) != simdjson::SUCCESS) {
    attributes->emplace_back(name, std::string_view());
    return absl::OkStatus();
  }
  element list;
  if (value["kvlistValue"].get(list) == simdjson::SUCCESS) {
    array members;
    bool found = false;
    VARVE_RETURN_IF_ERROR(ArrayMember(list, "values", &members, &found));
    if (!found) return absl::OkStatus();
    for (const element member : members) {
      VARVE_RETURN_IF_ERROR(AddAttribute(name, member, depth + 1, sink, attributes));
    }
    return absl::OkStatus();
  }
  std::string_view text;
  VARVE_RETURN_IF_ERROR(ReadText(value, sink, &text));
  attributes->emplace_back(name, text);
  return absl::OkStatus();
}

absl::Status AddAttributes(element holder, OtlpLogSink* sink, OtlpAttributes* attributes) {
  array pairs;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(holder, "attributes", &pairs, &found));
  if (!found) return absl::OkStatus();
  for (const element pair : pairs) {
    VARVE_RETURN_IF_ERROR(AddAttribute({}, pair, 1, sink, attributes));
  }
  return absl::OkStatus();
}

absl::Status DecodeRecord(element message, OtlpLogSink* sink) {
  OtlpLogRecord record;
  int64_t flags = 0;
  VARVE_RETURN_IF_ERROR(NumberMember(message, "timeUnixNano", &record.time_ns));
  VARVE_RETURN_IF_ERROR(NumberMember(message, "observedTimeUnixNano", &record.observed_time_ns));
  VARVE_RETURN_IF_ERROR(NumberMember(message, "severityNumber", &record.severity_number));
  VARVE_RETURN_IF_ERROR(NumberMember(message, "flags", &flags));
  record.flags = static_cast<uint64_t>(flags);
  record.severity_text = TextMember(message, "severityText");
  record.trace_id = TextMember(message, "traceId");
  record.span_id = TextMember(message, "spanId");
  if (element body; message["body"].get(body) == simdjson::SUCCESS && !body.is_null()) {
    VARVE_RETURN_IF_ERROR(ReadText(body, sink, &record.body));
  }
  VARVE_RETURN_IF_ERROR(AddAttributes(message, sink, &record.attributes));
  sink->Add(record);
  return absl::OkStatus();
}

absl::Status DecodeScopeLogs(element message, OtlpLogSink* sink) {
  OtlpScope scope;
  if (element said; message["scope"].get(said) == simdjson::SUCCESS && !said.is_null()) {
    scope.name = TextMember(said, "name");
    scope.version = TextMember(said, "version");
    VARVE_RETURN_IF_ERROR(AddAttributes(said, sink, &scope.attributes));
  }
  sink->BeginScope(scope);
  array records;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(message, "logRecords", &records, &found));
  if (!found) return absl::OkStatus();
  for (const element record : records) VARVE_RETURN_IF_ERROR(DecodeRecord(record, sink));
  return absl::OkStatus();
}

absl::Status DecodeResourceLogs(element message, OtlpLogSink* sink) {
  OtlpAttributes attributes;
  if (element resource; message["resource"].get(resource) == simdjson::SUCCESS) {
    VARVE_RETURN_IF_ERROR(AddAttributes(resource, sink, &attributes));
  }
  sink->BeginResource(attributes);
  array scopes;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(message, "scopeLogs", &scopes, &found));
  if (found) {
    for (const element scope : scopes) VARVE_RETURN_IF_ERROR(DecodeScopeLogs(scope, sink));
  }
  sink->EndResource();
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeOtlpLogsJson(std::string_view body, std::shared_ptr<void>* document,
                                OtlpLogSink* sink) {
  auto parsed = std::make_shared<Document>();
  parsed->text = simdjson::padded_string(body);
  if (parsed->parser.allocate(parsed->text.size() + 1, kJsonDepthMax) != simdjson::SUCCESS) {
    return absl::ResourceExhaustedError("cannot decode OTLP logs: out of memory");
  }
  element root;
  if (const auto error = parsed->parser.parse(parsed->text).get(root); error != simdjson::SUCCESS) {
    return Malformed(simdjson::error_message(error));
  }
  *document = parsed;
  if (!root.is_object()) return Malformed("the request is no object");
  array resources;
  bool found = false;
  VARVE_RETURN_IF_ERROR(ArrayMember(root, "resourceLogs", &resources, &found));
  if (!found) return absl::OkStatus();
  for (const element one : resources) VARVE_RETURN_IF_ERROR(DecodeResourceLogs(one, sink));
  return absl::OkStatus();
}

}  // namespace varve::ingest
