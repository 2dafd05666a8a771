#include "server/log_export_api.h"

#include <charconv>
#include <memory>
#include <utility>

#include "ingest/label_text.h"
#include "query/logql/parser.h"
#include "server/json_writer.h"
#include "server/log_export_page.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "server/query_recorder.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

absl::Status PlaceError(std::string_view text) {
  return absl::InvalidArgumentError(StrCat("cannot read the parameter page: found ",
                                           storage::Quote(text), ", want what a page ended with"));
}

absl::StatusOr<std::string> Export(ApiContext* context, const HttpRequest& request,
                                   query::QueryContext* query) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<storage::Matcher> matchers,
                         query::ParseLogSelector(request.query.Get("query")));
  const int64_t now_ns = NowMs() * storage::kNanosecondsPerMillisecond;
  VARVE_ASSIGN_OR_RETURN(const LokiBounds bounds,
                         LokiBoundsParameters(request.query, now_ns, kLokiQuerySinceNs));
  const storage::TimeRange range_ns{bounds.start_ns, bounds.end_ns};
  LogExportPlace place;
  if (const std::string_view page = request.query.Get("page"); !page.empty()) {
    VARVE_RETURN_IF_ERROR(ParseExportPlace(page, &place));
  }
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::LogSelection> selection,
                         querier->SelectLogs(matchers, range_ns));
  std::string out;
  bool more = false;
  VARVE_RETURN_IF_ERROR(
      ExportLogPage(*selection, range_ns, kLogExportPageBytes, query, &place, &more, &out));
  if (more) {
    out += "{\"next\":";
    AppendPlainJsonString(FormatExportPlace(place), &out);
    out += "}\n";
  }
  return out;
}

void ExportLogs(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const QueryRecorder recorder(context, "export");
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  absl::StatusOr<std::string> answer = Export(context, request, &query);
  recorder.Record(answer.status(), &query);
  if (!answer.ok()) return AnswerLokiError(answer.status(), response);
  response->content_type = "application/x-ndjson";
  response->body = *std::move(answer);
}

}  // namespace

// `<ns>:<skipped>:{labels}`
std::string FormatExportPlace(const LogExportPlace& place) {
  return StrCat(place.timestamp_ns, ":", place.skipped, ":", place.stream.ToString());
}

absl::Status ParseExportPlace(std::string_view text, LogExportPlace* place) {
  const std::string_view all = text;
  const auto number = [&](auto* value) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
    if (parsed.ec != std::errc() || parsed.ptr == text.data() + text.size() || *parsed.ptr != ':') {
      return false;
    }
    text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()) + 1);
    return true;
  };
  ingest::LabelPairs labels;
  if (!number(&place->timestamp_ns) || !number(&place->skipped) ||
      !ingest::ParseLabelText(text, &labels).ok() || labels.empty()) {
    return PlaceError(all);
  }
  place->stream = storage::LabelSet::FromPairs({labels.begin(), labels.end()});
  return absl::OkStatus();
}

void AddLogExportRoutes(ApiContext* context, Router* router) {
  router->Add({{"GET", "POST"},
               std::string(kLogExportPath),
               RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 ExportLogs(context, request, response);
               }});
}

}  // namespace varve::server
