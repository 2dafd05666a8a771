// RegexProgram: a regular expression as a graph of bytes, of which RegexAutomaton makes its table.
//
// It knows the part of RE2's syntax that label matchers are made of: literals, `.`, sets of ASCII
// characters, groups, alternatives and repetitions. What it does not know it leaves to RE2.
//
// Threads:  values.
// Owns:     its nodes.
// Source:   RE2's documentation, "Syntax"; `.` matches a newline too.
#ifndef STORAGE_MODEL_REGEX_PROGRAM_H_
#define STORAGE_MODEL_REGEX_PROGRAM_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace varve::storage {

struct RegexProgram {
  enum class Kind : uint8_t {
    kBytes,  // one byte from low to high leads to `next`
    kSplit,  // to `next` and `other` without a byte
    kEnd,    // the text may end here
  };
  struct Node {
    Kind kind = Kind::kEnd;
    uint8_t low = 0;
    uint8_t high = 0;
    uint32_t next = 0;
    uint32_t other = 0;
  };

  // nullopt for an expression that it does not know, or that is none.
  static std::optional<RegexProgram> Compile(std::string_view expression);

  std::vector<Node> nodes;
  uint32_t start = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_REGEX_PROGRAM_H_
