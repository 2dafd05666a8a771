#include <algorithm>
#include <set>
#include <utility>

#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::LabelSetView;
using storage::Matcher;
using storage::MetricSelection;
using storage::Querier;
using storage::TimeRange;

constexpr size_t kCheckEverySeries = 4096;

// One answer of `list` for each selector, or for no selector at all; merged and sorted.
template <typename List>
absl::StatusOr<std::vector<std::string>> MergeLists(const Selectors& selectors, List list) {
  if (selectors.empty()) return list(std::vector<Matcher>{});
  if (selectors.size() == 1) return list(selectors[0]);
  std::set<std::string> merged;
  for (const std::vector<Matcher>& matchers : selectors) {
    VARVE_ASSIGN_OR_RETURN(std::vector<std::string> texts, list(matchers));
    merged.insert(std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
  }
  return std::vector<std::string>(merged.begin(), merged.end());
}

struct MetadataRequest {
  Selectors selectors;
  TimeRange range_ms;
  uint64_t limit = 0;
};

absl::StatusOr<MetadataRequest> ReadMetadataRequest(const QueryParameters& parameters) {
  MetadataRequest result;
  VARVE_ASSIGN_OR_RETURN(result.limit, LimitParameter(parameters));
  VARVE_ASSIGN_OR_RETURN(result.range_ms, RangeParameterMs(parameters));
  VARVE_ASSIGN_OR_RETURN(result.selectors, SelectorParameters(parameters));
  return result;
}

void AnswerLists(const absl::StatusOr<std::vector<std::string>>& texts, uint64_t limit,
                 HttpResponse* response) {
  if (!texts.ok()) return AnswerError(texts.status(), response);
  AnswerTexts(*texts, limit, response);
}

void LabelNames(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<MetadataRequest> wanted = ReadMetadataRequest(request.query);
  if (!wanted.ok()) return AnswerError(wanted.status(), response);
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  AnswerLists(MergeLists(wanted->selectors,
                         [&](const std::vector<Matcher>& matchers) {
                           return querier->MetricLabelNames(matchers, wanted->range_ms);
                         }),
              wanted->limit, response);
}

void LabelValues(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const std::string name = UnescapeLabelName(request.path_parameters[0]);
  if (const absl::Status valid = CheckLabelName(name); !valid.ok()) {
    return AnswerError(valid, response);
  }
  const absl::StatusOr<MetadataRequest> wanted = ReadMetadataRequest(request.query);
  if (!wanted.ok()) return AnswerError(wanted.status(), response);
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  AnswerLists(MergeLists(wanted->selectors,
                         [&](const std::vector<Matcher>& matchers) {
                           return querier->MetricLabelValues(name, matchers, wanted->range_ms);
                         }),
              wanted->limit, response);
}

// The label sets that match any of the selectors, each once, sorted. They point into `selections`.
absl::Status CollectSeries(const Querier& querier, const MetadataRequest& wanted,
                           query::QueryContext* query,
                           std::vector<std::unique_ptr<MetricSelection>>* selections,
                           std::vector<LabelSetView>* series) {
  for (const std::vector<Matcher>& matchers : wanted.selectors) {
    VARVE_RETURN_IF_ERROR(query->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<MetricSelection> selection,
                           querier.SelectMetrics(matchers, wanted.range_ms));
    VARVE_RETURN_IF_ERROR(query->ChargeSeries(selection->size()));
    for (size_t i = 0; i < selection->size(); ++i) {
      if (i % kCheckEverySeries == 0) VARVE_RETURN_IF_ERROR(query->CheckAlive());
      series->push_back(selection->labels(i));
    }
    selections->push_back(std::move(selection));
  }
  if (wanted.selectors.size() > 1) {
    std::sort(series->begin(), series->end());
    series->erase(std::unique(series->begin(), series->end()), series->end());
  }
  return absl::OkStatus();
}

void Series(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  if (const absl::Status form = CheckForm(request.query); !form.ok()) {
    return AnswerError(form, response);
  }
  if (!request.query.Has("match[]")) {
    return AnswerError(400, "bad_data", "no match[] parameter provided", response);
  }
  const absl::StatusOr<Selectors> selectors = SelectorParameters(request.query);
  const absl::StatusOr<MetadataRequest> wanted = ReadMetadataRequest(request.query);
  if (!wanted.ok()) {
    const bool of_match = !selectors.ok() && selectors.status() == wanted.status();
    return AnswerError(of_match
                           ? InvalidParameter("match[]", storage::ToStd(wanted.status().message()))
                           : wanted.status(),
                       response);
  }
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  std::vector<std::unique_ptr<MetricSelection>> selections;
  std::vector<LabelSetView> series;
  const absl::Status status = CollectSeries(*querier, *wanted, &query, &selections, &series);
  if (!status.ok()) return AnswerError(status, response);
  std::vector<std::string> warnings;
  if (wanted->limit > 0 && series.size() > wanted->limit) {
    series.resize(wanted->limit);
    warnings.emplace_back("results truncated due to limit");
  }
  AnswerLabelSets(series, warnings, &query, response);
}

// {"family": [{"type": .., "unit": .., "help": ..}]}
void Metadata(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  uint64_t limits[] = {0, 0};
  const char* const names[] = {"limit", "limit_per_metric"};
  for (int i = 0; i < 2; ++i) {
    const std::string_view text = request.query.Get(names[i]);
    if (text.empty()) continue;
    const absl::StatusOr<int64_t> value = ParseGoInteger(text, 64, "Atoi");
    if (!value.ok()) {
      return AnswerError(400, "bad_data", storage::StrCat(names[i], " must be a number"), response);
    }
    limits[i] = *value > 0 ? static_cast<uint64_t>(*value) : 0;
  }
  const auto families = context->metadata.List(request.query.Get("metric"), limits[0]);
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        for (const auto& [family, descriptions] : families) {
          json->Key(family);
          json->BeginArray();
          size_t written = 0;
          for (const auto& description : descriptions) {
            if (limits[1] > 0 && written++ == limits[1]) break;
            json->BeginObject();
            json->Key("type");
            json->String(description.type);
            json->Key("unit");
            json->String(description.unit);
            json->Key("help");
            json->String(description.help);
            json->EndObject();
          }
          json->EndArray();
        }
        json->EndObject();
      },
      {}, {}, response);
}

}  // namespace

void AddPrometheusMetadataRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const std::vector<std::string> methods = {"GET", "POST"};
  router->Add({methods, "/api/v1/labels", RouteClass::kQuery, bind(LabelNames), true});
  // Grafana asks for values with an empty POST where suggestions have scopes.
  router->Add(
      {methods, "/api/v1/label/{name}/values", RouteClass::kQuery, bind(LabelValues), true});
  router->Add({methods, "/api/v1/series", RouteClass::kQuery, bind(Series), true});
  // What Prometheus answers, word for word: series are deleted by admin/tsdb/delete_series.
  router->Add({.methods = {"DELETE"},
               .pattern = "/api/v1/series",
               .route_class = RouteClass::kImmediate,
               .handler =
                   [](const HttpRequest&, HttpResponse* response) {
                     AnswerError(500, "internal", "not implemented", response);
                   },
               .refuses = true});
  router->Add({{"GET"}, "/api/v1/metadata", RouteClass::kQuery, bind(Metadata)});
}

}  // namespace varve::server
