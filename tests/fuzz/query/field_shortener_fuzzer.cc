// Any bytes as lines of a block of templates: where a parser asks for a short line, it finds in
// there what it finds in the whole one.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "query/logql/field_shortener.h"
#include "query/logql/parser.h"
#include "query/logql/pipeline.h"
#include "storage/logs/short_line_maker.h"
#include "storage/logs/template_encoder.h"

using namespace varve;
using namespace varve::query;
using namespace varve::storage;

namespace {

struct Parser {
  explicit Parser(std::string_view text) {
    const auto expr = ParseLogql(text);
    stages = std::get<LogExpr>(*expr).stages;
    pipeline = *Pipeline::Compile(stages);
    needs = {.all = false, .names = {"a", "a_b", "level", "level_extracted", "status", "x_"}};
  }
  std::vector<StageExpr> stages;
  Pipeline pipeline;
  LabelNeeds needs;
};

const Parser& ParserAt(size_t i) {
  static const auto* const parsers = [] {
    auto* made = new std::vector<Parser>;
    for (const std::string_view text :
         {R"({s="t"} | json)", R"({s="t"} | logfmt)", R"({s="t"} | logfmt --keep-empty)",
          R"({s="t"} | json a="a.b", x="status[0]")", R"({s="t"} | logfmt a="x_", status)",
          R"({s="t"} | logfmt --strict)", R"({s="t"} | pattern "<a> - <level> [<status>] <_>")",
          R"({s="t"} | pattern "a<_>:<level>-<x>")"}) {
      made->emplace_back(text);
    }
    return made;
  }();
  return (*parsers)[i % parsers->size()];
}

// What the stages find in a line, as far as it is wanted.
std::string Find(const Parser& parser, LabelSetView stream, std::string_view line) {
  PipelineEntry entry;
  entry.needs = &parser.needs;
  entry.labels.BeginStream(stream);
  entry.labels.BeginEntry({});
  entry.line = line;
  std::string found = parser.pipeline.Process(&entry) ? "kept" : "dropped";
  for (const EntryLabels::Field& field : entry.labels.fields()) {
    if (!parser.needs.Wants(field.name)) continue;
    found.append(1, '\0').append(field.name).append(1, '\0').append(field.value);
  }
  return found.append(entry.labels.error()).append(entry.labels.error_details());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Parser& parser = ParserAt(data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::string_view> lines;
  std::string messages;
  std::vector<uint32_t> offsets(1, 0);
  std::vector<int64_t> timestamps_ns;
  for (size_t begin = 0; begin <= bytes.size() && lines.size() < 128;) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    // Four times, so that the line may have a template.
    for (int i = 0; i < 4; ++i) {
      lines.push_back(bytes.substr(begin, end - begin));
      messages.append(lines.back());
      offsets.push_back(static_cast<uint32_t>(messages.size()));
      timestamps_ns.push_back(static_cast<int64_t>(lines.size()));
    }
    begin = end + 1;
  }
  LogTemplateTable table;
  TemplateEncoder encoder(&table);
  encoder.Split(messages, offsets, timestamps_ns);
  const std::string group = encoder.Finish();
  TemplateDecoder block;
  if (!block.Open(group, &table, timestamps_ns).ok()) __builtin_trap();
  std::vector<uint32_t> rows(lines.size());
  std::iota(rows.begin(), rows.end(), 0);
  FieldShortener shortener(&parser.stages[0], &parser.needs);
  ShortLineMaker maker;
  if (!maker.Make(&block, rows, &shortener).ok()) __builtin_trap();
  const LabelSet stream{{"level", "stream"}};
  for (size_t i = 0; i < lines.size(); ++i) {
    const uint32_t id = maker.ids()[i];
    if (id == ShortLineMaker::kWholeLine) continue;
    if (Find(parser, stream, maker.lines()[id]) != Find(parser, stream, lines[i])) __builtin_trap();
  }
  return 0;
}
