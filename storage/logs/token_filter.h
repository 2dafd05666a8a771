// TokenFilter: tells which log blocks cannot contain a text, without reading them.
//
// A token is a maximal run of [A-Za-z0-9_] and bytes >= 0x80. A filter has two parts. The *token
// blocks* are a split-block Bloom filter over the block's distinct tokens, for the tokens that lie
// whole inside a needle. A needle that is one bare word has none (the line may have more token
// bytes at either end of it), so the *gram bitmap* remembers every 4 bytes in a row inside tokens,
// one bit each: a word of n bytes asks n - 3 bits, so that a half-full bitmap is selective all the
// same. Tokens and grams with a digit are left out: numbers are seldom asked for and hardly met
// twice, and a filter of machine-written lines is a fraction as large without them. Filters of
// version 1 have them. Pairs of structured metadata lie among the token blocks, hashed as a whole.
//
// Threads:  TokenFilterBuilder is thread-compatible; TokenQuery is immutable.
// Owns:     the builder its tables; a query copies what it needs of the needle.
// Errors:   none: a malformed filter answers "may contain".
// Format:   storage/docs/log_part_format.md, section "Token filter"
#ifndef STORAGE_LOGS_TOKEN_FILTER_H_
#define STORAGE_LOGS_TOKEN_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::storage {

inline constexpr size_t kTokenFilterBitsPerToken = 12;  // 0.4 % of absent tokens pass
inline constexpr size_t kTokenFilterGramBytes = 4;

// Whether `byte` belongs to a token.
bool IsTokenByte(char byte);

// Calls `visit(std::string_view token)` for each token of `text`, in order.
template <typename Visit>
void ForEachToken(std::string_view text, Visit visit);

class TokenFilterBuilder {
 public:
  TokenFilterBuilder();

  // Adds the tokens of one line. Lines are separate: a token never spans two.
  void AddLine(std::string_view line);
  // Adds a pair of an entry's metadata.
  void AddMetadata(std::string_view name, std::string_view value);
  // The filter of all lines since the last Build, and starts anew. It takes a few KiB or 1/32 of
  // `raw_bytes`, the bytes of the lines, at most (of random words a better one would take a fifth),
  // and what pairs of metadata need.
  std::string Build(size_t raw_bytes);

  size_t distinct_tokens() const { return words_.size(); }

 private:
  // The hashes of distinct tokens.
  class HashSet {
   public:
    HashSet();
    bool Insert(uint64_t hash);  // false where it is there already
    size_t size() const { return size_; }
    const std::vector<uint64_t>& places() const { return places_; }  // 0: empty
    void Clear();

   private:
    void Grow();
    std::vector<uint64_t> places_;  // open addressing
    size_t size_ = 0;
  };
  // A token of more than kWindowBytes.
  void AddLongToken(std::string_view token);
  void AddGram(const char* bytes);

  HashSet words_;                // and pairs of metadata
  size_t pairs_ = 0;             // of them
  std::vector<uint64_t> grams_;  // a bitmap of kGramBitsMax bits
};

// What a filter is asked for one needle; made once, used on many filters.
class TokenQuery {
 public:
  TokenQuery() = default;
  explicit TokenQuery(std::string_view needle) { Add(needle); }

  // Asks for another needle too: lines must contain all of them.
  void Add(std::string_view needle);
  // Asks for an entry with this pair in its metadata too.
  void AddMetadata(std::string_view name, std::string_view value);
  // Whether any filter could ever say no.
  bool selective() const {
    return !words_.empty() || !numbers_.empty() || !grams_.empty() || !digit_grams_.empty() ||
           !pairs_.empty();
  }
  // False when no line of the filter's block contains all needles.
  bool MayMatch(std::string_view filter) const;

 private:
  std::vector<uint64_t> words_;
  std::vector<uint64_t> numbers_;
  std::vector<uint32_t> grams_;
  std::vector<uint32_t> digit_grams_;
  std::vector<uint64_t> pairs_;
};

// Whether `filter` is well-formed; what Build returns always is.
bool IsValidTokenFilter(std::string_view filter);

// Implementation of ForEachToken: 64 bytes at a time become a bitmap of token bytes, whose edges
// are the borders of tokens.
namespace token_internal {
inline constexpr size_t kWindowBytes = 64;
// Bit i is set where text[i] is a token byte. REQUIRES: size <= 64; reads only `size` bytes.
uint64_t TokenBits(const char* text, size_t size);
}  // namespace token_internal

template <typename Visit>
void ForEachToken(std::string_view text, Visit visit) {
  const char* const data = text.data();
  size_t begin = 0;
  bool inside = false;
  for (size_t base = 0; base < text.size(); base += 64) {
    const size_t size = text.size() - base < 64 ? text.size() - base : 64;
    const uint64_t bits = token_internal::TokenBits(data + base, size);
    uint64_t edges = bits ^ ((bits << 1) | (inside ? 1 : 0));
    if (size < 64) edges &= (uint64_t{1} << size) - 1;
    while (edges != 0) {
      const size_t at = base + static_cast<size_t>(__builtin_ctzll(edges));
      edges &= edges - 1;
      if (inside) {
        visit(std::string_view(data + begin, at - begin));
      } else {
        begin = at;
      }
      inside = !inside;
    }
  }
  if (inside) visit(std::string_view(data + begin, text.size() - begin));
}

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TOKEN_FILTER_H_
