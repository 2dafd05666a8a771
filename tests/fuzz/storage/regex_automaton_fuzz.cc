// Any expression, and texts of the rest: where it is known it accepts what RE2 does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "storage/model/matcher.h"
#include "storage/model/regex_automaton.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string_view expression = input.substr(0, line);
  input.remove_prefix(std::min(line + 1, input.size()));
  const auto automaton = RegexAutomaton::Compile(expression);
  if (automaton == nullptr) return 0;
  const auto matcher = Matcher::Create(MatchType::kRegex, "label", expression);
  if (!matcher.ok()) return 0;
  RegexWalk walk(automaton.get());
  for (std::string_view before; !input.empty();) {
    const size_t end = std::min(input.find('\n'), input.size());
    const std::string_view text = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    size_t shared = 0;
    while (shared < before.size() && shared < text.size() && before[shared] == text[shared]) {
      ++shared;
    }
    const bool accepted = automaton->Matches(text);
    if (walk.Matches(text, shared) != accepted) std::abort();
    // These two take bytes that are no UTF-8 as well.
    const bool takes_all = expression == ".*" || expression == ".+";
    if (!takes_all && matcher->Matches(text) != accepted) std::abort();
    before = text;
  }
  return 0;
}
