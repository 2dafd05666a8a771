// Any bytes as the messages of a block with templates: they are refused or give lines of the
// lengths the block says, and a search finds the lines that have the text.
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/line_lexer.h"
#include "storage/logs/template_decoder.h"

using namespace varve::storage;

namespace {

constexpr size_t kBytesMax = 1 << 20;

const LogTemplateTable& Table() {
  static const LogTemplateTable* const table = [] {
    auto* made = new LogTemplateTable;
    LineLexer lexer;
    made->Intern(kWholeLinePattern);
    for (const std::string_view line :
         {"took 1 ms", "took 2 s of 0.5", "at 10:20:30 from 1.2.3.4", "", "id x7Gh3k9Qz",
          "req a015cf14-84bb-4156-a48d-7c4824ac7a9d"}) {
      lexer.Split(line, WordMode::kFixed);
      made->Intern(lexer.pattern());
    }
    return made;
  }();
  return *table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t lines = 1 + data[0] % 64;
  std::vector<int64_t> timestamps_ns(lines);
  for (size_t i = 0; i < lines; ++i) timestamps_ns[i] = static_cast<int64_t>(i) * 999'999'999;
  const std::string_view group(reinterpret_cast<const char*>(data) + 1, size - 1);
  TemplateDecoder decoder;
  if (!decoder.Open(group, &Table(), timestamps_ns).ok()) return 0;
  std::vector<uint8_t> mask(lines);
  const LineSearch needle("1");
  const bool found = decoder.Find(needle, &mask).ok();
  std::vector<uint32_t> rows(lines);
  std::iota(rows.begin(), rows.end(), 0);
  std::string text;
  std::vector<uint32_t> offsets;
  if (!decoder.MakeLines(rows, kBytesMax, &text, &offsets).ok()) return 0;
  for (size_t i = 0; i < lines; ++i) {
    const std::string_view line =
        std::string_view(text).substr(offsets[i], offsets[i + 1] - offsets[i]);
    if (found && mask[i] != 0 && !needle.In(line)) __builtin_trap();
  }
  return 0;
}
