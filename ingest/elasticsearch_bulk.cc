#include "ingest/elasticsearch_bulk.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "ingest/compression.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::StrCat;

// Takes the next line that is not empty.
bool TakeLine(std::string_view* rest, std::string_view* line) {
  while (!rest->empty()) {
    *line = rest->substr(0, rest->find('\n'));
    rest->remove_prefix(std::min(rest->size(), line->size() + 1));
    if (line->find_first_not_of(" \t\r") != std::string_view::npos) return true;
  }
  return false;
}

// {"create":{"_index":"logs"}}
bool ReadAction(std::string_view line, simdjson::dom::parser* parser, BulkItem* item) {
  simdjson::dom::object object;
  if (parser->parse(line.data(), line.size(), false).get(object) != simdjson::SUCCESS) return false;
  for (const auto& [key, value] : object) {
    if (key != "create" && key != "index") return false;
    item->is_index = key == "index";
    simdjson::dom::object about;
    if (value.get(about) != simdjson::SUCCESS) return false;
    if (std::string_view index; about["_index"].get(index) == simdjson::SUCCESS) {
      item->index = index;
    }
    return true;
  }
  return false;
}

}  // namespace

absl::Status DecodeElasticsearchBulk(const JsonLinesOptions& fields,
                                     std::string_view content_encoding, std::string_view body,
                                     std::string_view index, const LokiPushOptions& options,
                                     LokiPushRequest* request, std::vector<BulkItem>* items) {
  *request = LokiPushRequest();
  items->clear();
  std::string_view plain;
  VARVE_RETURN_IF_ERROR(
      Decompress(content_encoding, body, options.body_bytes_max, &request->buffer, &plain));
  const simdjson::padded_string text(plain);
  std::string_view rest(text.data(), text.size());
  simdjson::dom::parser parser;
  JsonObjectSink sink(fields, options);
  std::vector<size_t> taken;  // the items whose documents the sink took
  std::string_view line;
  for (uint64_t number = 1; TakeLine(&rest, &line); ++number) {
    BulkItem item;
    item.index = index;
    if (!ReadAction(line, &parser, &item)) {
      return absl::InvalidArgumentError(StrCat("cannot decode bulk request: action ", number,
                                               " is malformed, want create or index"));
    }
    if (!TakeLine(&rest, &line)) {
      return absl::InvalidArgumentError(
          StrCat("cannot decode bulk request: action ", number, " has no document"));
    }
    absl::Status added = line.size() > options.line_bytes_max + kMetadataBytesMax
                             ? absl::InvalidArgumentError("the document is too long")
                             : sink.Add(line);
    if (added.ok()) {
      taken.push_back(items->size());
    } else {
      item.refused = storage::Rejection{storage::RejectReason::kMalformed,
                                        std::string(storage::ToStd(added.message()))};
      request->Reject(item.refused->reason, item.refused->message);
    }
    items->push_back(std::move(item));
  }
  uint32_t entries = 0;
  sink.Finish(request, [&](size_t number, const std::optional<storage::Rejection>& why) {
    BulkItem& item = (*items)[taken[number]];
    item.refused = why;
    if (!why.has_value()) item.entry = entries++;
  });
  return absl::OkStatus();
}

}  // namespace varve::ingest
