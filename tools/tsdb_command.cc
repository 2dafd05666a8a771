#include "tools/tsdb_command.h"

#include <cstdio>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/part_catalog.h"
#include "tools/series_statistics.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using storage::StrCat;
using Kind = TextTable::Kind;

std::string Fixed(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

std::string Ratio(uint64_t a, uint64_t b) {
  return b == 0 ? "0.000" : Fixed(static_cast<double>(a) / static_cast<double>(b), 3);
}

TextTable Summary(const SeriesStatistics& statistics, const CommandContext& context) {
  TextTable table;
  table.columns = {{"parts", Kind::kNumber},       {"series", Kind::kNumber},
                   {"label_pairs", Kind::kNumber}, {"samples", Kind::kNumber},
                   {"bytes", Kind::kNumber},       {"bytes_per_sample", Kind::kNumber},
                   {"from", Kind::kText},          {"to", Kind::kText}};
  const storage::TimeRange span_ms = statistics.span_ms();
  const auto time = [&](int64_t time_ms) {
    return span_ms.empty() ? std::string()
                           : context.times.Milliseconds(time_ms * kNanosecondsPerMillisecond);
  };
  table.rows.push_back({StrCat(statistics.parts()), StrCat(statistics.series()),
                        StrCat(statistics.label_pairs()), StrCat(statistics.samples()),
                        StrCat(statistics.file_bytes()),
                        Ratio(statistics.file_bytes(), statistics.samples()), time(span_ms.begin),
                        time(span_ms.end - 1)});
  return table;
}

TextTable ByMetric(const SeriesStatistics& statistics, size_t top) {
  TextTable table;
  table.columns = {{"metric", Kind::kText},
                   {"series", Kind::kNumber},
                   {"samples", Kind::kNumber},
                   {"value_bytes", Kind::kNumber},
                   {"churn", Kind::kNumber}};
  for (const auto& [name, group] : statistics.Metrics(top)) {
    table.rows.push_back({name, StrCat(group.series), StrCat(group.samples),
                          StrCat(group.value_bytes), Fixed(group.churn, 1)});
  }
  return table;
}

TextTable ByLabel(const SeriesStatistics& statistics, size_t top) {
  TextTable table;
  table.columns = {{"label", Kind::kText},
                   {"values", Kind::kNumber},
                   {"value_text_bytes", Kind::kNumber},
                   {"series", Kind::kNumber}};
  for (const auto& [name, label] : statistics.Labels(top)) {
    table.rows.push_back(
        {name, StrCat(label.values), StrCat(label.text_bytes), StrCat(label.series)});
  }
  return table;
}

TextTable ByPair(const SeriesStatistics& statistics, size_t top) {
  TextTable table;
  table.columns = {
      {"label_pair", Kind::kText}, {"series", Kind::kNumber}, {"churn", Kind::kNumber}};
  for (const auto& [pair, group] : statistics.ChurningPairs(top)) {
    table.rows.push_back({pair, StrCat(group.series), Fixed(group.churn, 1)});
  }
  return table;
}

TextTable ByCodec(const SeriesStatistics& statistics) {
  TextTable table;
  table.columns = {{"codec", Kind::kText},
                   {"chunks", Kind::kNumber},
                   {"samples", Kind::kNumber},
                   {"bytes", Kind::kNumber},
                   {"bits_per_sample", Kind::kNumber}};
  for (const auto& [name, codec] : statistics.Codecs()) {
    table.rows.push_back({name, StrCat(codec.chunks), StrCat(codec.samples), StrCat(codec.bytes),
                          Ratio(codec.bytes * 8, codec.samples)});
  }
  return table;
}

}  // namespace

absl::Status RunTsdbAnalyze(const AnalyzeOptions& options, const CommandContext& context) {
  storage::FileSystem* const files = storage::FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const PartCatalog catalog, ReadPartCatalog(files, options.path));
  SeriesStatistics statistics;
  uint64_t damaged = 0;
  for (const PartPlace& part : catalog.parts) {
    if (part.state == PartState::kUnlisted) continue;
    const absl::Status status = statistics.AddPart(files, part.path);
    if (status.ok() || (absl::IsNotFound(status) && !IsStillListed(files, catalog, part))) continue;
    *context.err << "varve: " << part.path << ": " << storage::ToStd(status.message()) << '\n';
    ++damaged;
  }
  const std::pair<const char*, TextTable> tables[] = {
      {"summary", Summary(statistics, context)},
      {"metrics", ByMetric(statistics, options.top)},
      {"labels", ByLabel(statistics, options.top)},
      {"churn", ByPair(statistics, options.top)},
      {"codecs", ByCodec(statistics)}};
  const bool json = options.output == OutputFormat::kJson;
  bool first = true;
  for (const auto& [name, table] : tables) {
    if (json) {
      *context.out << (first ? "{" : ",") << JsonQuote(name) << ":\n";
    } else if (!first) {
      *context.out << '\n';
    }
    first = false;
    PrintTable(table, options.output, context);
  }
  if (json) *context.out << "}\n";
  if (damaged == 0) return absl::OkStatus();
  return absl::DataLossError(
      StrCat("cannot analyze all of ", options.path, ": ", damaged, " damaged"));
}

}  // namespace varve::tools
