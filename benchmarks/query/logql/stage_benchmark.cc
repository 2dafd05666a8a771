// Lines per second through the stages that parse and format them.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "query/logql/parser.h"
#include "query/logql/pipeline.h"

namespace varve::query {
namespace {

std::vector<std::string> LogfmtLines() {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) {
    lines.push_back("level=info method=GET path=/v1/users/" + std::to_string(i) +
                    "/profile status=" + std::to_string(200 + i % 5) +
                    " duration=12.5ms size=1.2KiB msg=\"request done\"");
  }
  return lines;
}

std::vector<std::string> JsonLines() {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) {
    lines.push_back(
        "{\"level\":\"info\",\"method\":\"GET\",\"user\":{\"id\":" + std::to_string(i) +
        ",\"name\":\"n\"},\"status\":200,\"took\":12.5,\"msg\":\"request \\\"done\\\"\"}");
  }
  return lines;
}

void Run(benchmark::State& state, std::string_view query, const std::vector<std::string>& lines) {
  const auto expr = ParseLogql(query);
  const auto pipeline = Pipeline::Compile(std::get<LogExpr>(*expr).stages);
  const storage::LabelSet stream{{"app", "x"}, {"env", "prod"}};
  const LabelNeeds needs;
  PipelineEntry entry;
  entry.needs = &needs;
  entry.labels.BeginStream(stream);
  for (auto _ : state) {
    for (const std::string& line : lines) {
      entry.line = line;
      entry.labels.BeginEntry({});
      benchmark::DoNotOptimize(pipeline->Process(&entry));
      benchmark::DoNotOptimize(entry.line.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(lines.size()));
}

void BM_Pipeline_Json(benchmark::State& state) { Run(state, "{a=\"b\"} | json", JsonLines()); }
void BM_Pipeline_Logfmt(benchmark::State& state) {
  Run(state, "{a=\"b\"} | logfmt", LogfmtLines());
}
void BM_Pipeline_LineFormatFields(benchmark::State& state) {
  Run(state, "{a=\"b\"} | line_format \"{{.app}} in {{.env}}: {{__line__}}\"", LogfmtLines());
}
void BM_Pipeline_LogfmtLineFormat(benchmark::State& state) {
  Run(state, "{a=\"b\"} | logfmt | line_format \"{{.method}} {{.path}} {{.status}}\"",
      LogfmtLines());
}
void BM_Pipeline_LineFormatFunctions(benchmark::State& state) {
  Run(state,
      "{a=\"b\"} | line_format `{{ .app | upper }} {{ if eq .env \"prod\" }}P{{ else }}-{{ end }} "
      "{{ printf \"%5d\" (len __line__) }}`",
      LogfmtLines());
}

BENCHMARK(BM_Pipeline_Json);
BENCHMARK(BM_Pipeline_Logfmt);
BENCHMARK(BM_Pipeline_LineFormatFields);
BENCHMARK(BM_Pipeline_LogfmtLineFormat);
BENCHMARK(BM_Pipeline_LineFormatFunctions);

}  // namespace
}  // namespace varve::query
