#include "tools/result_table.h"

#include <algorithm>
#include <set>

#include "storage/model/text.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

// All label names that occur, the metric's name (which sorts first) included.
std::vector<std::string> LabelNames(const std::vector<const AnswerLabels*>& label_sets) {
  std::set<std::string> names;
  for (const AnswerLabels* labels : label_sets) {
    for (const auto& [name, value] : *labels) names.insert(name);
  }
  std::vector<std::string> sorted(names.begin(), names.end());
  // Capital letters sort before underscores.
  const auto metric = std::find(sorted.begin(), sorted.end(), "__name__");
  if (metric != sorted.end()) std::rotate(sorted.begin(), metric, metric + 1);
  return sorted;
}

std::string ValueOf(const AnswerLabels& labels, const std::string& name) {
  for (const auto& [label, value] : labels) {
    if (label == name) return value;
  }
  return {};
}

TextTable ResultTable(const QueryAnswer& answer, OutputFormat format,
                      const CommandContext& context) {
  std::vector<const AnswerLabels*> label_sets;
  for (const AnswerSeries& series : answer.series) label_sets.push_back(&series.labels);
  const std::vector<std::string> names = LabelNames(label_sets);
  const bool csv = format == OutputFormat::kCsv;
  const bool one_column = !csv && names.size() > kLabelColumnsMax;
  // All samples of an instant query have one time, which is the one that was asked for.
  const bool with_time = csv || answer.kind == ResultKind::kMatrix;

  TextTable table;
  if (with_time) table.columns.push_back({csv ? "timestamp" : "time", TextTable::Kind::kText});
  if (one_column) {
    table.columns.push_back({"series", TextTable::Kind::kText});
  } else {
    for (const std::string& name : names) {
      table.columns.push_back(
          {!csv && name == "__name__" ? "metric" : name, TextTable::Kind::kText});
    }
  }
  table.columns.push_back({"value", answer.kind == ResultKind::kString ? TextTable::Kind::kText
                                                                       : TextTable::Kind::kNumber});
  for (const AnswerSeries& series : answer.series) {
    std::vector<std::string> cells;
    if (one_column) {
      cells.push_back(SeriesText(series.labels));
    } else {
      for (const std::string& name : names) cells.push_back(ValueOf(series.labels, name));
    }
    for (const AnswerSample& sample : series.samples) {
      std::vector<std::string> row;
      if (with_time) row.push_back(context.times.Exact(sample.time_ns));
      row.insert(row.end(), cells.begin(), cells.end());
      row.push_back(sample.value);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace

void PrintNotices(const std::vector<std::string>& notices, const CommandContext& context) {
  for (const std::string& notice : notices) {
    *context.err << "varve: " << EscapeControls(notice) << '\n';
  }
}

void PrintResult(const QueryAnswer& answer, OutputFormat format, const CommandContext& context) {
  PrintNotices(answer.notices, context);
  if (format == OutputFormat::kJson) {
    *context.out << answer.data << '\n';
    return;
  }
  const TextTable table = ResultTable(answer, format, context);
  if (format == OutputFormat::kTable) {
    if (table.rows.empty()) {
      if (context.is_terminal) *context.err << "varve: no data\n";
      return;
    }
    if (table.columns.size() == 1) {  // a scalar, or one series without labels
      *context.out << EscapeControls(table.rows[0][0]) << '\n';
      return;
    }
  }
  PrintTable(table, format, context);
}

TextTable LabelTable(const std::vector<AnswerLabels>& label_sets) {
  std::vector<const AnswerLabels*> pointers;
  for (const AnswerLabels& labels : label_sets) pointers.push_back(&labels);
  const std::vector<std::string> names = LabelNames(pointers);
  TextTable table;
  for (const std::string& name : names) table.columns.push_back({name, TextTable::Kind::kText});
  for (const AnswerLabels& labels : label_sets) {
    std::vector<std::string> row;
    for (const std::string& name : names) row.push_back(ValueOf(labels, name));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace varve::tools
