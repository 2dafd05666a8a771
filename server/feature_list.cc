#include "server/feature_list.h"

#include <map>
#include <string>

#include "query/engine/aggregation.h"
#include "query/engine/binary_operation.h"
#include "query/promql/functions_table.h"

namespace varve::server {
namespace {

using Features = std::map<std::string, bool>;

Features ApiFeatures(const ServerOptions& options) {
  return {{"admin", options.enable_admin_api},
          {"exclude_alerts", true},
          {"label_values_match", true},
          {"lifecycle", options.enable_lifecycle},
          {"openapi_3.1", true},
          {"openapi_3.2", true},
          {"otlp_write_receiver", false},
          {"query_explain", true},
          {"query_stats", true},
          {"query_warnings", true},
          {"remote_write_receiver", true},
          {"time_range_labels", true},
          {"time_range_series", true}};
}

Features PromqlFeatures() {
  return {{"anchored", true},
          {"at_modifier", true},
          {"bool", true},
          {"by", true},
          {"delayed_name_removal", false},
          {"duration_expr", true},
          {"fill", true},
          {"fill_left", true},
          {"fill_right", true},
          {"group_left", true},
          {"group_right", true},
          {"ignoring", true},
          {"negative_offset", true},
          {"offset", true},
          {"on", true},
          {"per_query_lookback_delta", true},
          {"per_step_stats", true},
          {"smoothed", true},
          {"subqueries", true},
          {"type_and_unit_labels", false},
          {"without", true}};
}

Features FunctionFeatures() {
  Features features;
  for (const query::FunctionSignature& function : query::AllFunctions()) {
    features.emplace(function.name, true);
  }
  return features;
}

Features OperatorFeatures() {
  Features features = {{"=~", true}, {"!~", true}, {"@", true}};
  for (int op = 0; op <= static_cast<int>(query::BinaryOperator::kTrimLower); ++op) {
    features.emplace(query::BinaryOperatorText(static_cast<query::BinaryOperator>(op)), true);
  }
  for (int op = 0; op <= static_cast<int>(query::AggregateOperator::kLimitRatio); ++op) {
    features.emplace(query::AggregateOperatorText(static_cast<query::AggregateOperator>(op)), true);
  }
  return features;
}

}  // namespace

void WriteFeatures(const ApiContext& context, JsonWriter* json) {
  const std::map<std::string, Features> categories = {
      {"api", ApiFeatures(*context.options)},
      {"prometheus", {{"agent_mode", false}, {"auto_reload_config", false}, {"server_mode", true}}},
      {"promql", PromqlFeatures()},
      {"promql_functions", FunctionFeatures()},
      {"promql_operators", OperatorFeatures()},
  };
  json->BeginObject();
  for (const auto& [category, features] : categories) {
    json->Key(category);
    json->BeginObject();
    for (const auto& [name, on] : features) {
      json->Key(name);
      json->Bool(on);
    }
    json->EndObject();
  }
  json->EndObject();
}

}  // namespace varve::server
