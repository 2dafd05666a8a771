// LineSearch: finds a literal in a buffer of many lines at once, and says in which lines it lies.
// Letters may be asked for in either case, as `(?i)` of a regular expression asks: K and S then
// also stand for the Kelvin sign and the long s.
//
// The buffer is searched as a whole (vectors of 32 places compare the needle's first and last byte,
// candidates are compared in full), which costs a fraction of one search per line; hits are mapped
// to lines afterwards.
//
// Threads:  immutable; any number of threads may use one.
// Owns:     a copy of the needle.
// Errors:   none.
#ifndef STORAGE_LOGS_LINE_SEARCH_H_
#define STORAGE_LOGS_LINE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::storage {

enum class LetterCase { kExact, kEither };

class LineSearch {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  explicit LineSearch(std::string_view needle, LetterCase letters = LetterCase::kExact);

  // In lower case where either case is meant.
  const std::string& needle() const { return needle_; }
  bool folds() const { return letters_ == LetterCase::kEither; }
  // Whether `text` has characters beyond ASCII that a letter of the needle stands for.
  bool HasFoldedLetters(std::string_view text) const;

  // The first place at or after `from` where the needle stands; kNone where there is none. The
  // empty needle stands everywhere. What stands there is `MatchBytes` long.
  size_t Find(std::string_view text, size_t from = 0) const;
  bool In(std::string_view text) const { return Find(text) != kNone; }
  size_t MatchBytes(std::string_view text, size_t at) const {
    return has_folded_letters_ ? MatchFolded(text, at) : needle_.size();
  }

  // Calls `visit(size_t position)` for each occurrence in `text`; the next search begins where
  // `visit` says (its result must be greater than the position).
  template <typename Visit>
  void FindAll(std::string_view text, Visit visit) const {
    size_t at = Find(text);
    while (at != kNone) {
      const size_t next = visit(at);
      if (next > text.size()) return;
      at = Find(text, next);
    }
  }

  // Appends to `*lines` the index of every line that contains the needle, ascending. Line i is
  // text[offsets[i], offsets[i + 1]): lines follow each other without separators, so a place that
  // crosses a border is no hit. REQUIRES: offsets ascend and offsets.back() <= text.size().
  void FindLines(std::string_view text, std::span<const uint32_t> offsets,
                 std::vector<uint32_t>* lines) const;

  // As Find, without vector instructions: the path of machines that lack AVX2. For tests.
  size_t FindScalar(std::string_view text, size_t from = 0) const;

 private:
  size_t FindFolded(std::string_view text, size_t from) const;
  // The length of what the needle stands for at `at`, 0 where it does not.
  size_t MatchFolded(std::string_view text, size_t at) const;

  std::string needle_;
  LetterCase letters_ = LetterCase::kExact;
  bool avx2_ = false;
  bool has_folded_letters_ = false;  // k or s in a needle of either case
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LINE_SEARCH_H_
