// Parses a template and executes it over labels: up to the first byte 1 the template, then the
// values of three labels.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "query/logql/format_functions.h"
#include "query/template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::query;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {
    const size_t end = input.find('\x01');
    const std::string_view part = input.substr(0, end);
    input.remove_prefix(end == input.npos ? input.size() : end + 1);
    return part;
  };
  TemplateLimits limits;
  limits.output_bytes_max = 1 << 16;
  limits.steps_max = 2000;
  const auto parsed = Template::Parse("line", take(), FormatFunctions(), limits);
  if (!parsed.ok()) return 0;
  EntryLabels labels;
  labels.BeginStream({});
  for (const std::string_view name : {"a", "b", "c"}) labels.AddParsed(name, take());
  const EntryFields fields(labels);
  const FormatEntry entry{input, 1'656'353'124'120'000'000};
  TemplateRun run;
  std::string out;
  (void)parsed->Execute(TemplateValue::StringMap(&fields), &entry, &run, &out);
  return 0;
}
