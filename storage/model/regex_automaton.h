// RegexAutomaton: a regular expression as a table of states, for asking it about very many texts.
//
// RE2 takes 100 ns and more a text, whatever the text; this takes about a nanosecond a byte, and
// texts in order need only be looked at from where they differ: the state behind the bytes that
// they share is known.
//
// Threads:  immutable; any number of threads may use one.
// Owns:     its table, up to kRegexStatesMax rows.
#ifndef STORAGE_MODEL_REGEX_AUTOMATON_H_
#define STORAGE_MODEL_REGEX_AUTOMATON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace varve::storage {

inline constexpr size_t kRegexStatesMax = 512;

class RegexAutomaton {
 public:
  // A place in the table.
  using State = uint32_t;
  // No text that goes on from here is accepted.
  static constexpr State kDead = 0;

  // Of an expression that RE2 takes, anchored at both ends. nullptr for one that has what
  // RegexProgram does not know, or needs too many states.
  static std::unique_ptr<const RegexAutomaton> Compile(std::string_view expression);

  State start() const { return start_; }
  State Step(State state, char byte) const {
    return table_[state + column_of_[static_cast<uint8_t>(byte)]];
  }
  bool Accepts(State state) const { return table_[state] != 0; }

  bool Matches(std::string_view text) const {
    State state = start_;
    for (const char byte : text) {
      state = Step(state, byte);
      if (state == kDead) return false;
    }
    return Accepts(state);
  }

 private:
  RegexAutomaton() = default;

  State start_ = kDead;
  std::array<uint8_t, 256> column_of_{};  // bytes that no state tells apart share one
  // A row of each state: whether it accepts, then the next state by column.
  std::vector<State> table_;
};

// Asks an automaton about texts of which each says how many bytes it shares with the one before.
class RegexWalk {
 public:
  // `automaton` outlives this.
  explicit RegexWalk(const RegexAutomaton* automaton)
      : automaton_(*automaton), states_{automaton->start()} {}

  bool Matches(std::string_view text, size_t shared) {
    if (shared < states_.size()) states_.resize(shared + 1);
    RegexAutomaton::State state = states_.back();
    for (size_t i = states_.size() - 1; i < text.size() && state != RegexAutomaton::kDead; ++i) {
      state = automaton_.Step(state, text[i]);
      states_.push_back(state);
    }
    return automaton_.Accepts(state);
  }

 private:
  const RegexAutomaton& automaton_;
  std::vector<RegexAutomaton::State> states_;  // behind 0, 1, 2 .. bytes, up to the first dead one
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_REGEX_AUTOMATON_H_
