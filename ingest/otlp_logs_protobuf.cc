#include "ingest/otlp_logs_protobuf.h"

#include <map>

#include "ingest/otlp_logs.h"
#include "ingest/protobuf_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

// Field numbers of logs.proto, resource.proto and common.proto.
constexpr uint32_t kRequestResourceLogs = 1;
constexpr uint32_t kResourceLogsResource = 1;
constexpr uint32_t kResourceLogsScopeLogs = 2;
constexpr uint32_t kResourceAttributes = 1;
constexpr uint32_t kScopeLogsScope = 1;
constexpr uint32_t kScopeLogsRecords = 2;
constexpr uint32_t kScopeName = 1;
constexpr uint32_t kScopeVersion = 2;
constexpr uint32_t kScopeAttributes = 3;
constexpr uint32_t kRecordTime = 1;
constexpr uint32_t kRecordSeverityNumber = 2;
constexpr uint32_t kRecordSeverityText = 3;
constexpr uint32_t kRecordBody = 5;
constexpr uint32_t kRecordAttributes = 6;
constexpr uint32_t kRecordFlags = 8;
constexpr uint32_t kRecordTraceId = 9;
constexpr uint32_t kRecordSpanId = 10;
constexpr uint32_t kRecordObservedTime = 11;
constexpr uint32_t kPairKey = 1;
constexpr uint32_t kPairValue = 2;
constexpr uint32_t kValueString = 1;
constexpr uint32_t kValueBool = 2;
constexpr uint32_t kValueInt = 3;
constexpr uint32_t kValueDouble = 4;
constexpr uint32_t kValueArray = 5;
constexpr uint32_t kValuePairs = 6;
constexpr uint32_t kValueBytes = 7;
constexpr uint32_t kListValues = 1;

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(storage::StrCat("cannot decode OTLP logs: malformed ", what));
}

absl::Status TooDeep() {
  return absl::InvalidArgumentError(storage::StrCat(
      "cannot decode OTLP logs: a value nests deeper than ", kOtlpDepthMax, " levels"));
}

struct Pair {
  std::string_view key;
  std::string_view value;  // an AnyValue message
};

absl::Status ReadPair(std::string_view message, Pair* pair) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kPairKey, WireType::kBytes)) pair->key = reader.bytes();
    if (reader.Is(kPairValue, WireType::kBytes)) pair->value = reader.bytes();
  }
  return reader.ok() ? absl::OkStatus() : Malformed("attribute");
}

absl::Status AppendJson(std::string_view value, int depth, std::string* out);

absl::Status AppendArray(std::string_view list, int depth, std::string* out) {
  out->push_back('[');
  bool first = true;
  ProtobufReader reader(list);
  while (reader.Next()) {
    if (!reader.Is(kListValues, WireType::kBytes)) continue;
    if (!first) out->push_back(',');
    first = false;
    VARVE_RETURN_IF_ERROR(AppendJson(reader.bytes(), depth + 1, out));
  }
  out->push_back(']');
  return reader.ok() ? absl::OkStatus() : Malformed("array value");
}

// Keys sorted, each once: the last one wins.
absl::Status AppendObject(std::string_view list, int depth, std::string* out) {
  std::map<std::string_view, std::string_view> members;
  ProtobufReader reader(list);
  while (reader.Next()) {
    if (!reader.Is(kListValues, WireType::kBytes)) continue;
    Pair pair;
    VARVE_RETURN_IF_ERROR(ReadPair(reader.bytes(), &pair));
    members[pair.key] = pair.value;
  }
  if (!reader.ok()) return Malformed("key-value list");
  out->push_back('{');
  bool first = true;
  for (const auto& [key, value] : members) {
    if (!first) out->push_back(',');
    first = false;
    AppendOtlpJsonString(key, out);
    out->push_back(':');
    VARVE_RETURN_IF_ERROR(AppendJson(value, depth + 1, out));
  }
  out->push_back('}');
  return absl::OkStatus();
}

// An AnyValue inside of an array or object.
absl::Status AppendJson(std::string_view value, int depth, std::string* out) {
  if (depth > kOtlpDepthMax) return TooDeep();
  ProtobufReader reader(value);
  if (!reader.Next()) {
    out->append("null");
    return reader.ok() ? absl::OkStatus() : Malformed("value");
  }
  if (reader.Is(kValueString, WireType::kBytes)) {
    AppendOtlpJsonString(reader.bytes(), out);
  } else if (reader.Is(kValueBool, WireType::kVarint)) {
    out->append(reader.number() != 0 ? "true" : "false");
  } else if (reader.Is(kValueInt, WireType::kVarint)) {
    out->append(std::to_string(reader.signed_number()));
  } else if (reader.Is(kValueDouble, WireType::kFixed64)) {
    out->append(OtlpNumberText(reader.fixed_double()));
  } else if (reader.Is(kValueArray, WireType::kBytes)) {
    return AppendArray(reader.bytes(), depth, out);
  } else if (reader.Is(kValuePairs, WireType::kBytes)) {
    return AppendObject(reader.bytes(), depth, out);
  } else if (reader.Is(kValueBytes, WireType::kBytes)) {
    AppendOtlpJsonString(Base64Text(reader.bytes()), out);
  } else {
    out->append("null");
  }
  return absl::OkStatus();
}

// An AnyValue as a text of its own: strings as they are.
absl::Status ReadText(std::string_view value, OtlpLogSink* sink, std::string_view* text) {
  ProtobufReader reader(value);
  if (!reader.Next()) return reader.ok() ? absl::OkStatus() : Malformed("value");
  if (reader.Is(kValueString, WireType::kBytes)) {
    *text = reader.bytes();
    return absl::OkStatus();
  }
  if (reader.Is(kValueBytes, WireType::kBytes)) {
    *text = sink->Keep(Base64Text(reader.bytes()));
    return absl::OkStatus();
  }
  std::string json;
  VARVE_RETURN_IF_ERROR(AppendJson(value, 1, &json));
  *text = sink->Keep(std::move(json));
  return absl::OkStatus();
}

// One attribute; an object becomes one attribute for each of its members.
absl::Status AddAttribute(std::string_view prefix, const Pair& pair, int depth, OtlpLogSink* sink,
                          OtlpAttributes* attributes) {
  if (depth > kOtlpDepthMax) return TooDeep();
  std::string_view name = pair.key;
  if (!prefix.empty()) name = sink->Keep(NestedAttributeName(prefix, pair.key));
  ProtobufReader value(pair.value);
  if (value.Next() && value.Is(kValuePairs, WireType::kBytes)) {
    ProtobufReader members(value.bytes());
    while (members.Next()) {
      if (!members.Is(kListValues, WireType::kBytes)) continue;
      Pair member;
      VARVE_RETURN_IF_ERROR(ReadPair(members.bytes(), &member));
      VARVE_RETURN_IF_ERROR(AddAttribute(name, member, depth + 1, sink, attributes));
    }
    return members.ok() ? absl::OkStatus() : Malformed("key-value list");
  }
  std::string_view text;
  VARVE_RETURN_IF_ERROR(ReadText(pair.value, sink, &text));
  attributes->emplace_back(name, text);
  return absl::OkStatus();
}

absl::Status AddAttribute(std::string_view message, OtlpLogSink* sink, OtlpAttributes* attributes) {
  Pair pair;
  VARVE_RETURN_IF_ERROR(ReadPair(message, &pair));
  return AddAttribute({}, pair, 1, sink, attributes);
}

absl::Status DecodeRecord(std::string_view message, OtlpLogSink* sink) {
  OtlpLogRecord record;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRecordTime, WireType::kFixed64)) {
      record.time_ns = reader.signed_number();
    } else if (reader.Is(kRecordObservedTime, WireType::kFixed64)) {
      record.observed_time_ns = reader.signed_number();
    } else if (reader.Is(kRecordSeverityNumber, WireType::kVarint)) {
      record.severity_number = reader.signed_number();
    } else if (reader.Is(kRecordSeverityText, WireType::kBytes)) {
      record.severity_text = reader.bytes();
    } else if (reader.Is(kRecordBody, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(ReadText(reader.bytes(), sink, &record.body));
    } else if (reader.Is(kRecordAttributes, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(AddAttribute(reader.bytes(), sink, &record.attributes));
    } else if (reader.Is(kRecordFlags, WireType::kFixed32)) {
      record.flags = reader.number();
    } else if (reader.Is(kRecordTraceId, WireType::kBytes)) {
      record.trace_id = sink->Keep(HexText(reader.bytes()));
    } else if (reader.Is(kRecordSpanId, WireType::kBytes)) {
      record.span_id = sink->Keep(HexText(reader.bytes()));
    }
  }
  if (!reader.ok()) return Malformed("log record");
  sink->Add(record);
  return absl::OkStatus();
}

absl::Status DecodeScope(std::string_view message, OtlpLogSink* sink, OtlpScope* scope) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kScopeName, WireType::kBytes)) {
      scope->name = reader.bytes();
    } else if (reader.Is(kScopeVersion, WireType::kBytes)) {
      scope->version = reader.bytes();
    } else if (reader.Is(kScopeAttributes, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(AddAttribute(reader.bytes(), sink, &scope->attributes));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("scope");
}

absl::Status DecodeScopeLogs(std::string_view message, OtlpLogSink* sink) {
  // A message's fields may stand in any order; the scope counts for all records.
  OtlpScope scope;
  ProtobufReader scopes(message);
  while (scopes.Next()) {
    if (scopes.Is(kScopeLogsScope, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeScope(scopes.bytes(), sink, &scope));
    }
  }
  if (!scopes.ok()) return Malformed("scope logs");
  sink->BeginScope(scope);
  ProtobufReader records(message);
  while (records.Next()) {
    if (records.Is(kScopeLogsRecords, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeRecord(records.bytes(), sink));
    }
  }
  return absl::OkStatus();
}

absl::Status DecodeResourceLogs(std::string_view message, OtlpLogSink* sink) {
  OtlpAttributes attributes;
  ProtobufReader resources(message);
  while (resources.Next()) {
    if (!resources.Is(kResourceLogsResource, WireType::kBytes)) continue;
    ProtobufReader resource(resources.bytes());
    while (resource.Next()) {
      if (resource.Is(kResourceAttributes, WireType::kBytes)) {
        VARVE_RETURN_IF_ERROR(AddAttribute(resource.bytes(), sink, &attributes));
      }
    }
    if (!resource.ok()) return Malformed("resource");
  }
  if (!resources.ok()) return Malformed("resource logs");
  sink->BeginResource(attributes);
  ProtobufReader scopes(message);
  while (scopes.Next()) {
    if (scopes.Is(kResourceLogsScopeLogs, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeScopeLogs(scopes.bytes(), sink));
    }
  }
  sink->EndResource();
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeOtlpLogsProtobuf(std::string_view message, OtlpLogSink* sink) {
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.Is(kRequestResourceLogs, WireType::kBytes)) {
      VARVE_RETURN_IF_ERROR(DecodeResourceLogs(reader.bytes(), sink));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed("request");
}

}  // namespace varve::ingest
