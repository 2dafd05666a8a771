// GET /federate?match[]=...: the newest samples of some series, for another Prometheus to scrape.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "query/engine/query_context.h"
#include "query/promql/parser.h"
#include "server/federation_format.h"
#include "server/federation_protobuf.h"
#include "server/http_status.h"
#include "server/prometheus_api.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::LabelSetView;
using storage::MetricSelection;
using storage::TimeRange;

struct NewestSample {
  LabelSetView labels;
  int64_t timestamp_ms = 0;
  double value = 0;
  storage::HistogramPtr histogram;  // in the place of the value
};

// The newest sample in the columns; false where there is none, or a stale marker.
bool TakeNewest(const storage::SampleColumns& columns, NewestSample* newest) {
  const bool has_float = !columns.values.empty();
  const bool has_histogram = !columns.histograms.empty();
  if (has_histogram &&
      (!has_float || columns.histogram_timestamps_ms.back() > columns.timestamps_ms->back())) {
    newest->timestamp_ms = columns.histogram_timestamps_ms.back();
    newest->histogram = columns.histograms.back();
    return !storage::IsStaleMarker(newest->histogram->sum);
  }
  if (!has_float) return false;
  newest->timestamp_ms = columns.timestamps_ms->back();
  newest->value = columns.values.back();
  return !storage::IsStaleMarker(newest->value);
}

// The newest samples of the series any selector matches, each series once, by metric name. The
// labels point into `selections`.
absl::Status CollectNewest(const storage::Querier& querier, const Selectors& selectors,
                           TimeRange range_ms, query::QueryContext* query,
                           std::vector<std::unique_ptr<MetricSelection>>* selections,
                           std::vector<NewestSample>* newest) {
  storage::SampleColumns columns;
  for (const std::vector<storage::Matcher>& matchers : selectors) {
    VARVE_RETURN_IF_ERROR(query->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<MetricSelection> selection,
                           querier.SelectMetrics(matchers, range_ms));
    VARVE_RETURN_IF_ERROR(query->ChargeSeries(selection->size()));
    for (size_t i = 0; i < selection->size(); ++i) {
      VARVE_RETURN_IF_ERROR(query->CheckAlive());
      VARVE_RETURN_IF_ERROR(selection->Read(i, range_ms, &columns));
      NewestSample sample;
      sample.labels = selection->labels(i);
      if (sample.labels.metric_name().empty() || !TakeNewest(columns, &sample)) continue;
      newest->push_back(std::move(sample));
    }
    selections->push_back(std::move(selection));
  }
  std::sort(newest->begin(), newest->end(), [](const NewestSample& a, const NewestSample& b) {
    const int by_name = a.labels.metric_name().compare(b.labels.metric_name());
    return by_name != 0 ? by_name < 0 : a.labels < b.labels;
  });
  newest->erase(std::unique(newest->begin(), newest->end(),
                            [](const NewestSample& a, const NewestSample& b) {
                              return a.labels == b.labels;
                            }),
                newest->end());
  return absl::OkStatus();
}

void AnswerPlain(const absl::Status& status, HttpResponse* response) {
  response->status = ToPrometheusError(status.code()).status;
  response->content_type = "text/plain; charset=utf-8";
  response->body = std::string(storage::ToStd(status.message())) + "\n";
}

// Other than elsewhere a selector may match everything.
absl::StatusOr<Selectors> ReadSelectors(const QueryParameters& parameters) {
  VARVE_RETURN_IF_ERROR(CheckForm(parameters));
  Selectors selectors;
  for (const std::string_view text : parameters.GetAll("match[]")) {
    VARVE_ASSIGN_OR_RETURN(std::vector<storage::Matcher> matchers, query::ParseSelector(text));
    // But one without matchers selects nothing.
    if (!matchers.empty()) selectors.push_back(std::move(matchers));
  }
  return selectors;
}

void Federate(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<Selectors> selectors = ReadSelectors(request.query);
  if (!selectors.ok()) return AnswerPlain(selectors.status(), response);
  const int64_t now_ms = NowMs();
  const TimeRange range_ms =
      TimeRange::Inclusive(now_ms - context->options->query.lookback_ms, now_ms);
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  std::vector<std::unique_ptr<MetricSelection>> selections;
  std::vector<NewestSample> newest;
  const absl::Status collected =
      CollectNewest(*querier, *selectors, range_ms, &query, &selections, &newest);
  if (!collected.ok()) return AnswerPlain(collected, response);
  const FederationFormat format = NegotiateFederation(request.Header("accept"));
  response->content_type = format.ContentType();
  if (format.kind == FederationFormat::Kind::kProtobuf) {
    FederationProtobufWriter writer(&response->body);
    for (const NewestSample& sample : newest) {
      writer.Sample(sample.labels, sample.timestamp_ms, sample.value, sample.histogram.get());
    }
    writer.End();
    return;
  }
  FederationWriter writer(format, &response->body);
  for (const NewestSample& sample : newest) {
    // The text formats have no histograms of this kind.
    if (sample.histogram != nullptr) continue;
    writer.Sample(sample.labels, sample.timestamp_ms, sample.value);
  }
  writer.End();
}

}  // namespace

void AddFederateRoutes(ApiContext* context, Router* router) {
  router->Add({{"GET"},
               "/federate",
               RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 Federate(context, request, response);
               }});
}

}  // namespace varve::server
