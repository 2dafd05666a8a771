// Any bytes as lines: split into templates and values they must join to the same bytes again, one
// by one and as a block.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/line_lexer.h"
#include "storage/logs/template_decoder.h"
#include "storage/logs/template_encoder.h"

using namespace varve::storage;

namespace {

// What readers of parsed fields take for granted; see log_part_format.md, "Templates".
bool IsPromised(SlotType type, std::string_view value) {
  if (type == SlotType::kString) return true;
  if (value.empty()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_word = [&](char c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  };
  switch (type) {
    case SlotType::kQuoted:
      for (size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '"') return false;
        if (value[i] == '\\' && ++i == value.size()) return false;
      }
      return true;
    case SlotType::kNumber:
    case SlotType::kWord:
      return std::all_of(value.begin(), value.end(), is_word);
    case SlotType::kUuid:
      return std::all_of(value.begin(), value.end(),
                         [&](char c) { return is_word(c) || c == '-'; });
    default:
      return is_digit(value[0]) && std::all_of(value.begin(), value.end(), [&](char c) {
               return is_digit(c) || c == '.' || c == ':';
             });
  }
}

void SplitAndJoin(std::string_view line, WordMode words) {
  LineLexer lexer;
  lexer.Split(line, words);
  const absl::StatusOr<LogTemplate> parsed = LogTemplate::Parse(lexer.pattern());
  if (!parsed.ok() || parsed->slots().size() != lexer.values().size()) __builtin_trap();
  for (size_t i = 0; i < lexer.values().size(); ++i) {
    if (!IsPromised(parsed->slots()[i].type, lexer.values()[i])) __builtin_trap();
  }
  std::string joined;
  for (size_t i = 0; i <= lexer.values().size(); ++i) {
    joined.append(parsed->piece(i));
    if (i < lexer.values().size()) joined.append(lexer.values()[i]);
  }
  if (joined != line) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string messages;
  std::vector<uint32_t> offsets(1, 0);
  std::vector<uint32_t> line_bytes;
  std::vector<int64_t> timestamps_ns;
  for (size_t begin = 0; begin <= bytes.size() && line_bytes.size() < 512;) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    const std::string_view line = bytes.substr(begin, end - begin);
    SplitAndJoin(line, WordMode::kFixed);
    SplitAndJoin(line, WordMode::kSlots);
    messages.append(line);
    offsets.push_back(static_cast<uint32_t>(messages.size()));
    line_bytes.push_back(static_cast<uint32_t>(line.size()));
    timestamps_ns.push_back(static_cast<int64_t>(begin) * 777'777'777 - 1'000'000'000);
    begin = end + 1;
  }
  LogTemplateTable table;
  TemplateEncoder encoder(&table);
  encoder.Split(messages, offsets, timestamps_ns);
  const std::string group = encoder.Finish();
  TemplateDecoder decoder;
  if (!decoder.Open(group, &table, timestamps_ns).ok()) __builtin_trap();
  std::vector<uint32_t> rows(line_bytes.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::string text;
  std::vector<uint32_t> made;
  if (!decoder.MakeLines(rows, messages.size(), &text, &made).ok() || text != messages)
    __builtin_trap();
  return 0;
}
