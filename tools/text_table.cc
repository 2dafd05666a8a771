#include "tools/text_table.h"

#include <algorithm>

#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

void PrintCsvCell(std::string_view cell, std::ostream* out) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    *out << cell;
    return;
  }
  *out << '"';
  for (const char c : cell) {
    if (c == '"') *out << '"';
    *out << c;
  }
  *out << '"';
}

// Length of the UTF-8 sequence at the front; 0 where there is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 && lead <= 0xf4  ? 4
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                        : lead >= 0xc2 && lead < 0xe0 ? 2
                                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies behind the last code point.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90)) {
    return 0;
  }
  return length;
}

}  // namespace

std::string JsonQuote(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceLength(text.substr(at));
    const char c = text[at];
    if (length == 0) {
      quoted += "\xef\xbf\xbd";
      ++at;
      continue;
    }
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      quoted += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    } else {
      quoted += text.substr(at, length);
    }
    at += length;
  }
  quoted.push_back('"');
  return quoted;
}

void PrintAligned(const TextTable& table, bool colours, std::ostream* out) {
  std::vector<size_t> widths;
  for (const TextTable::Column& column : table.columns) widths.push_back(DisplayWidth(column.name));
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(EscapeControls(row[i])));
    }
  }
  const auto print_row = [&](auto cell_of, Colour colour) {
    std::string blanks;  // held back, so that no line ends in them
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const std::string cell = EscapeControls(cell_of(i));
      const std::string padding(widths[i] - DisplayWidth(cell), ' ');
      if (i > 0) blanks += "  ";
      if (table.columns[i].kind == TextTable::Kind::kNumber) {
        blanks += padding;
      }
      if (!cell.empty()) {
        *out << blanks << Paint(cell, colour, colours);
        blanks.clear();
      }
      if (table.columns[i].kind == TextTable::Kind::kText) blanks += padding;
    }
    *out << '\n';
  };
  print_row([&](size_t i) { return std::string_view(table.columns[i].name); }, Colour::kBold);
  for (const auto& row : table.rows) {
    print_row([&](size_t i) { return std::string_view(row[i]); }, Colour::kNone);
  }
}

void PrintCsv(const TextTable& table, std::ostream* out) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) *out << ',';
    PrintCsvCell(table.columns[i].name, out);
  }
  *out << '\n';
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) *out << ',';
      PrintCsvCell(row[i], out);
    }
    *out << '\n';
  }
}

void PrintJson(const TextTable& table, std::ostream* out) {
  *out << '[';
  for (size_t r = 0; r < table.rows.size(); ++r) {
    *out << (r > 0 ? ",\n" : "\n") << " {";
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const std::string& cell = table.rows[r][i];
      const bool number = table.columns[i].kind == TextTable::Kind::kNumber && !cell.empty() &&
                          cell.find_first_not_of("0123456789.-") == std::string::npos;
      *out << (i > 0 ? ", " : "") << JsonQuote(table.columns[i].name) << ": "
           << (number ? cell : JsonQuote(cell));
    }
    *out << '}';
  }
  *out << (table.rows.empty() ? "]\n" : "\n]\n");
}

void PrintTable(const TextTable& table, OutputFormat format, const CommandContext& context) {
  switch (format) {
    case OutputFormat::kTable:
      return PrintAligned(table, context.colours, context.out);
    case OutputFormat::kCsv:
      return PrintCsv(table, context.out);
    case OutputFormat::kJson:
      return PrintJson(table, context.out);
  }
}

}  // namespace varve::tools
