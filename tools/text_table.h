// TextTable: rows of text, printed as aligned columns, CSV or JSON.
//
// Threads:  thread-compatible.
// Owns:     its cells.
// Format:   CSV as in RFC 4180, with "\n" at the ends of lines.
#ifndef TOOLS_TEXT_TABLE_H_
#define TOOLS_TEXT_TABLE_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command_context.h"

namespace varve::tools {

struct TextTable {
  enum class Kind { kText, kNumber };  // numbers stand right, and without quotes in JSON
  struct Column {
    std::string name;
    Kind kind = Kind::kText;
  };

  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // one cell per column
};

// Two blanks between columns, none behind the last. The header is in bold where `colours` is set.
void PrintAligned(const TextTable& table, bool colours, std::ostream* out);
void PrintCsv(const TextTable& table, std::ostream* out);
// An array of objects; columns of numbers without text in them stay numbers.
void PrintJson(const TextTable& table, std::ostream* out);

void PrintTable(const TextTable& table, OutputFormat format, const CommandContext& context);

// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace varve::tools

#endif  // TOOLS_TEXT_TABLE_H_
