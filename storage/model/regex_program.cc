#include "storage/model/regex_program.h"

#include <bitset>
#include <string>
#include <utility>

namespace varve::storage {
namespace {

constexpr int kDepthMax = 50;
constexpr size_t kNodesMax = 2048;
constexpr uint32_t kRepeatMax = 100;
constexpr uint32_t kForever = UINT32_MAX;

// An expression that was parsed.
struct Tree {
  enum class Kind { kText, kSet, kSequence, kAlternatives, kRepetition };
  Kind kind = Kind::kSequence;
  std::string text;           // kText
  std::bitset<128> ascii;     // kSet: which characters,
  bool beyond_ascii = false;  // and whether all others are in it
  std::vector<Tree> parts;    // of the last three
  uint32_t times_min = 0;     // kRepetition
  uint32_t times_max = kForever;
};

bool IsPunctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`' && c != '_') ||
         (c >= '{' && c <= '~');
}

void AddRange(char low, char high, std::bitset<128>* set) {
  for (int c = low; c <= high; ++c) set->set(static_cast<size_t>(c));
}

// Every function returns false where the expression is not one of those that are known.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool Parse(Tree* tree) { return ParseAlternatives(tree) && text_.empty(); }

 private:
  bool At(char c) const { return !text_.empty() && text_.front() == c; }
  bool Take(char c) {
    if (!At(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool ParseAlternatives(Tree* tree) {
    if (++depth_ > kDepthMax) return false;
    tree->kind = Tree::Kind::kAlternatives;
    do {
      if (!ParseSequence(&tree->parts.emplace_back())) return false;
    } while (Take('|'));
    --depth_;
    return true;
  }

  bool ParseSequence(Tree* tree) {
    tree->kind = Tree::Kind::kSequence;
    while (!text_.empty() && !At('|') && !At(')')) {
      Tree atom;
      if (!ParseAtom(&atom) || !ParseRepetition(&atom)) return false;
      tree->parts.push_back(std::move(atom));
    }
    return true;
  }

  bool ParseRepetition(Tree* atom) {
    uint32_t times_min = 0;
    uint32_t times_max = kForever;
    if (Take('+')) {
      times_min = 1;
    } else if (Take('?')) {
      times_max = 1;
    } else if (At('{')) {
      if (!ParseTimes(&times_min, &times_max)) return false;
    } else if (!Take('*')) {
      return true;
    }
    Take('?');  // a lazy repetition accepts the same texts
    if (At('*') || At('+') || At('?') || At('{')) return false;
    Tree repetition;
    repetition.kind = Tree::Kind::kRepetition;
    repetition.times_min = times_min;
    repetition.times_max = times_max;
    repetition.parts.push_back(std::move(*atom));
    *atom = std::move(repetition);
    return true;
  }

  // {2}, {2,} or {2,3}
  bool ParseTimes(uint32_t* times_min, uint32_t* times_max) {
    Take('{');
    if (!ParseNumber(times_min)) return false;
    *times_max = *times_min;
    if (Take(',')) {
      *times_max = kForever;
      if (!At('}') && !ParseNumber(times_max)) return false;
    }
    return Take('}') && *times_min <= *times_max;
  }

  bool ParseNumber(uint32_t* number) {
    if (text_.empty() || text_.front() < '0' || text_.front() > '9') return false;
    *number = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      *number = *number * 10 + static_cast<uint32_t>(text_.front() - '0');
      if (*number > kRepeatMax) return false;
      text_.remove_prefix(1);
    }
    return true;
  }

  bool ParseAtom(Tree* tree) {
    const char c = text_.front();
    text_.remove_prefix(1);
    switch (c) {
      case '(':
        if (At('?')) {
          text_.remove_prefix(1);
          if (!Take(':')) return false;
        }
        return ParseAlternatives(tree) && Take(')');
      case '[':
        return ParseSet(tree);
      case '.':
        tree->kind = Tree::Kind::kSet;
        tree->ascii.set();
        tree->beyond_ascii = true;
        return true;
      case '\\': {
        tree->kind = Tree::Kind::kSet;
        return ParseEscape(&tree->ascii);
      }
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
      case '^':
      case '$':
        return false;
      default:
        return ParseCharacter(c, tree);
    }
  }

  // A character as its bytes in UTF-8.
  bool ParseCharacter(char first, Tree* tree) {
    tree->kind = Tree::Kind::kText;
    tree->text.push_back(first);
    const auto lead = static_cast<uint8_t>(first);
    if (lead < 0x80) return true;
    if (lead < 0xC2 || lead > 0xF4) return false;
    const size_t more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (text_.size() < more) return false;
    for (size_t i = 0; i < more; ++i) {
      if ((static_cast<uint8_t>(text_[i]) & 0xC0) != 0x80) return false;
    }
    tree->text.append(text_.substr(0, more));
    text_.remove_prefix(more);
    return true;
  }

  // What stands behind a backslash.
  bool ParseEscape(std::bitset<128>* set) {
    if (text_.empty()) return false;
    const char c = text_.front();
    text_.remove_prefix(1);
    switch (c) {
      case 'd':
        AddRange('0', '9', set);
        return true;
      case 'w':
        AddRange('0', '9', set);
        AddRange('A', 'Z', set);
        AddRange('a', 'z', set);
        AddRange('_', '_', set);
        return true;
      case 's':
        for (const char blank : {'\t', '\n', '\f', '\r', ' '}) AddRange(blank, blank, set);
        return true;
      default:
        if (!IsPunctuation(c)) return false;
        AddRange(c, c, set);
        return true;
    }
  }

  bool ParseSet(Tree* tree) {
    tree->kind = Tree::Kind::kSet;
    const bool negative = Take('^');
    bool is_first = true;
    while (!At(']') || is_first) {
      if (text_.empty() || At(']') || At('[')) return false;
      if (Take('\\')) {
        if (!ParseEscape(&tree->ascii) || At('-')) return false;
      } else {
        const char low = text_.front();
        text_.remove_prefix(1);
        if (static_cast<uint8_t>(low) >= 0x80) return false;
        if (low == '-' && !is_first && !At(']')) return false;
        char high = low;
        if (text_.size() >= 2 && text_[0] == '-' && text_[1] != ']') {
          high = text_[1];
          text_.remove_prefix(2);
          if (high == '\\' || high == '[' || static_cast<uint8_t>(high) >= 0x80) return false;
          if (low == '-' || high < low) return false;
        }
        AddRange(low, high, &tree->ascii);
      }
      is_first = false;
    }
    Take(']');
    if (negative) tree->ascii.flip();
    tree->beyond_ascii = negative;
    return true;
  }

  std::string_view text_;
  int depth_ = 0;
};

// Makes nodes back to front: those of a part are made when it is known where it leads.
class Emitter {
 public:
  explicit Emitter(std::vector<RegexProgram::Node>* nodes) : nodes_(*nodes) {}

  bool ok() const { return nodes_.size() <= kNodesMax; }

  uint32_t Emit(const Tree& tree, uint32_t next) {
    if (!ok()) return next;
    switch (tree.kind) {
      case Tree::Kind::kText:
        for (size_t i = tree.text.size(); i > 0; --i) {
          const auto byte = static_cast<uint8_t>(tree.text[i - 1]);
          next = Bytes(byte, byte, next);
        }
        return next;
      case Tree::Kind::kSet:
        return EmitSet(tree, next);
      case Tree::Kind::kSequence:
        for (size_t i = tree.parts.size(); i > 0; --i) next = Emit(tree.parts[i - 1], next);
        return next;
      case Tree::Kind::kAlternatives: {
        uint32_t begin = Emit(tree.parts.back(), next);
        for (size_t i = tree.parts.size() - 1; i > 0; --i) {
          begin = Split(Emit(tree.parts[i - 1], next), begin);
        }
        return begin;
      }
      case Tree::Kind::kRepetition:
        return EmitRepetition(tree, next);
    }
    return next;
  }

  uint32_t End() { return Add({}); }

 private:
  uint32_t Add(RegexProgram::Node node) {
    nodes_.push_back(node);
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  uint32_t Bytes(uint8_t low, uint8_t high, uint32_t next) {
    return Add({RegexProgram::Kind::kBytes, low, high, next, 0});
  }
  uint32_t Split(uint32_t next, uint32_t other) {
    return Add({RegexProgram::Kind::kSplit, 0, 0, next, other});
  }

  uint32_t EmitSet(const Tree& tree, uint32_t next) {
    std::optional<uint32_t> begin;
    const auto add = [&](uint32_t node) { begin = begin.has_value() ? Split(node, *begin) : node; };
    for (size_t low = 0; low < tree.ascii.size(); ++low) {
      if (!tree.ascii[low]) continue;
      size_t high = low;
      while (high + 1 < tree.ascii.size() && tree.ascii[high + 1]) ++high;
      add(Bytes(static_cast<uint8_t>(low), static_cast<uint8_t>(high), next));
      low = high;
    }
    if (tree.beyond_ascii) {
      // As RE2 reads any character: overlong forms are not looked for.
      const uint32_t last = Bytes(0x80, 0xBF, next);
      const uint32_t last_two = Bytes(0x80, 0xBF, last);
      const uint32_t last_three = Bytes(0x80, 0xBF, last_two);
      add(Bytes(0xC2, 0xDF, last));
      add(Bytes(0xE0, 0xEF, last_two));
      add(Bytes(0xF0, 0xF4, last_three));
    }
    // An empty set lets no byte pass.
    return begin.has_value() ? *begin : Bytes(1, 0, next);
  }

  uint32_t EmitRepetition(const Tree& tree, uint32_t next) {
    const Tree& part = tree.parts[0];
    if (tree.times_max == kForever) {
      const uint32_t loop = Split(next, next);
      const uint32_t begin = Emit(part, loop);
      nodes_[loop].next = begin;
      next = loop;
    } else {
      const uint32_t behind = next;
      for (uint32_t i = tree.times_min; i < tree.times_max; ++i) {
        next = Split(Emit(part, next), behind);
      }
    }
    for (uint32_t i = 0; i < tree.times_min; ++i) next = Emit(part, next);
    return next;
  }

  std::vector<RegexProgram::Node>& nodes_;
};

}  // namespace

std::optional<RegexProgram> RegexProgram::Compile(std::string_view expression) {
  Tree tree;
  if (!Parser(expression).Parse(&tree)) return std::nullopt;
  RegexProgram program;
  Emitter emitter(&program.nodes);
  program.start = emitter.Emit(tree, emitter.End());
  if (!emitter.ok()) return std::nullopt;
  return program;
}

}  // namespace varve::storage
