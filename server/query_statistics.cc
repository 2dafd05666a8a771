#include "server/query_statistics.h"

#include <algorithm>

#include "query/engine/number_format.h"

namespace varve::server {
namespace {

using query::OperatorRecord;
using query::StepSampleCount;

double Seconds(int64_t nanoseconds) {
  return static_cast<double>(std::max<int64_t>(nanoseconds, 0)) / 1e9;
}

// [[<seconds>, <samples>], ...]
void WriteSteps(std::string_view key, const QueryStatistics& statistics,
                uint64_t StepSampleCount::*count, JsonWriter* json) {
  const std::vector<StepSampleCount>& steps = statistics.trace.steps();
  if (!statistics.per_step || steps.empty()) return;
  json->Key(key);
  json->BeginArray();
  for (size_t s = 0; s < steps.size(); ++s) {
    json->BeginArray();
    json->Separate();
    query::AppendTimestampSeconds(statistics.grid.time_ms(s), true, json->out());
    json->Uint(steps[s].*count);
    json->EndArray();
  }
  json->EndArray();
}

void WriteOperator(const OperatorRecord& record, JsonWriter* json) {
  json->BeginObject();
  json->Key("operator");
  json->String(record.name);
  json->Key("seconds");
  json->Double(Seconds(record.time_ns));
  json->Key("series");
  json->Uint(record.series);
  json->Key("samples");
  json->Uint(record.samples);
  json->Key("bytes");
  json->Uint(record.bytes);
  json->Key("inputs");
  json->BeginArray();
  for (const auto& input : record.inputs) WriteOperator(*input, json);
  json->EndArray();
  json->EndObject();
}

}  // namespace

void WriteQueryStatistics(const QueryStatistics& statistics, JsonWriter* json) {
  const query::QueryTrace& trace = statistics.trace;
  const std::pair<std::string_view, int64_t> timings[] = {
      {"evalTotalTime", trace.preparation_ns + trace.evaluation_ns},
      {"resultSortTime", trace.sort_ns},
      {"queryPreparationTime", trace.preparation_ns},
      {"innerEvalTime", trace.evaluation_ns - trace.sort_ns},
      {"execQueueTime", statistics.queue_ns},
      {"execTotalTime", statistics.total_ns},
  };
  json->BeginObject();
  json->Key("timings");
  json->BeginObject();
  for (const auto& [name, nanoseconds] : timings) {
    json->Key(name);
    json->Double(Seconds(nanoseconds));
  }
  json->EndObject();
  const StepSampleCount total = trace.total();
  json->Key("samples");
  json->BeginObject();
  WriteSteps("totalQueryableSamplesPerStep", statistics, &StepSampleCount::loaded, json);
  json->Key("totalQueryableSamples");
  json->Uint(total.loaded);
  WriteSteps("samplesReadPerStep", statistics, &StepSampleCount::read, json);
  json->Key("samplesRead");
  json->Uint(total.read);
  json->Key("peakSamples");
  json->Uint(statistics.peak_samples);
  json->EndObject();
  json->EndObject();
}

void WriteQueryPlan(const query::QueryTrace& trace, JsonWriter* json) {
  // An expression has one outermost operator; a bare range selector none of its own.
  if (trace.root().inputs.empty()) {
    OperatorRecord root;
    root.name = "read";
    root.time_ns = trace.evaluation_ns;
    root.samples = trace.root().samples;
    root.bytes = trace.root().bytes;
    WriteOperator(root, json);
    return;
  }
  WriteOperator(*trace.root().inputs.front(), json);
}

}  // namespace varve::server
