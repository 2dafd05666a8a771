// Text made fit for a terminal: nothing that was stored may move the cursor or change settings.
//
// Threads:  free functions without state.
#ifndef TOOLS_TERMINAL_TEXT_H_
#define TOOLS_TERMINAL_TEXT_H_

#include <string>
#include <string_view>

namespace varve::tools {

// Control characters as \n, \t or \x1b: for one cell of a table, and one line of an error.
std::string EscapeControls(std::string_view text);
// The same for a log line: tabs, line ends and sequences that only set colours stay.
std::string EscapeLine(std::string_view text);

// How many columns a terminal needs, counting each code point as one.
size_t DisplayWidth(std::string_view text);

enum class Colour { kNone, kBold, kDim, kCyan, kGreen, kYellow, kMagenta, kBlue, kRed };
// `text` in a colour, or as it is where `colours` is false.
std::string Paint(std::string_view text, Colour colour, bool colours);

}  // namespace varve::tools

#endif  // TOOLS_TERMINAL_TEXT_H_
