#include "storage/logs/token_filter.h"

#include <smmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve::storage {
namespace {

// Filter bytes: u8 log2 of the gram bitmap's bits (0: no bitmap) and the two bits below, the
// bitmap, token blocks of 32 bytes to the end.
constexpr uint8_t kWithoutDigitsBit = 0x80;
constexpr uint8_t kMetadataBit = 0x40;  // pairs of metadata are in the token blocks
constexpr size_t kHeaderBytes = 1;
constexpr size_t kTokenBlockBytes = 32;
constexpr int kGramBitsLog2Min = 6;
constexpr int kGramBitsLog2Max = 18;
constexpr size_t kGramBitsMax = size_t{1} << kGramBitsLog2Max;
// The bitmap is halved (a bit of the half is the OR of two) while this share of it stays set. A
// random word of 8 letters passes 0.45^5 = 2 % of blocks, one of 12 letters 0.08 %.
constexpr double kGramFillMax = 0.45;
constexpr size_t kTableSizeMin = 1024;
// Either half of a filter, bitmap and token blocks, takes so much of its block's lines at most.
constexpr size_t kRawBytesPerHalfByte = 64;
constexpr size_t kHalfBytesMin = 4096;

// Multipliers of the split-block Bloom filter, as Parquet publishes them: word i of a block gets
// the bit that the top 5 bits of hash * kSalt[i] name.
constexpr uint32_t kSalt[8] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                               0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

uint64_t HashToken(std::string_view token) {
  const uint64_t hash = XXH3_64bits(token.data(), token.size());
  return hash != 0 ? hash : 1;
}

uint64_t HashPair(std::string_view name, std::string_view value) {
  const uint64_t hash =
      XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(name.data(), name.size()) | 1);
  return hash != 0 ? hash : 1;
}

uint32_t HashGram(const char* bytes) {
  uint32_t gram = 0;
  std::memcpy(&gram, bytes, sizeof(gram));
  return (gram * 0x9e3779b1U) >> (32 - kGramBitsLog2Max);
}

size_t TokenBlockIndex(uint64_t hash, size_t block_count) {
  return static_cast<size_t>(((hash >> 32) * block_count) >> 32);
}

size_t TokenBlocksFor(size_t tokens) {
  return (tokens * kTokenFilterBitsPerToken + kTokenBlockBytes * 8 - 1) / (kTokenBlockBytes * 8);
}

void AddToBlock(uint64_t hash, char* block) {
  const auto key = static_cast<uint32_t>(hash);
  for (size_t i = 0; i < 8; ++i) {
    uint32_t word = 0;
    std::memcpy(&word, block + 4 * i, 4);
    word |= uint32_t{1} << ((key * kSalt[i]) >> 27);
    std::memcpy(block + 4 * i, &word, 4);
  }
}

bool BlockHas(uint64_t hash, const char* block) {
  const auto key = static_cast<uint32_t>(hash);
  for (size_t i = 0; i < 8; ++i) {
    uint32_t word = 0;
    std::memcpy(&word, block + 4 * i, 4);
    if ((word >> ((key * kSalt[i]) >> 27) & 1) == 0) return false;
  }
  return true;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool HasDigit(std::string_view text) {
  bool any = false;
  for (const char c : text) any |= IsDigit(c);
  return any;
}

struct FilterParts {
  bool without_digits = false;
  bool has_metadata = false;
  std::string_view grams;
  uint32_t gram_mask = 0;
  std::string_view blocks;
};

bool Split(std::string_view filter, FilterParts* parts) {
  if (filter.size() < kHeaderBytes) return false;
  const auto head = static_cast<uint8_t>(filter[0]);
  parts->without_digits = (head & kWithoutDigitsBit) != 0;
  parts->has_metadata = (head & kMetadataBit) != 0;
  const int log2 = head & ~(kWithoutDigitsBit | kMetadataBit);
  filter.remove_prefix(kHeaderBytes);
  if (log2 != 0) {
    if (log2 < kGramBitsLog2Min || log2 > kGramBitsLog2Max) return false;
    const size_t bytes = (size_t{1} << log2) / 8;
    if (filter.size() < bytes) return false;
    parts->grams = filter.substr(0, bytes);
    parts->gram_mask = (uint32_t{1} << log2) - 1;
    filter.remove_prefix(bytes);
  }
  parts->blocks = filter;
  return filter.size() % kTokenBlockBytes == 0;
}

// Halves the bitmap while it stays sparse enough; returns its final log2 of bits.
int Fold(std::vector<uint64_t>* bitmap) {
  int log2 = kGramBitsLog2Max;
  size_t words = bitmap->size();
  while (log2 > kGramBitsLog2Min) {
    const size_t half = words / 2;
    size_t set = 0;
    for (size_t i = 0; i < half; ++i) {
      set += static_cast<size_t>(std::popcount((*bitmap)[i] | (*bitmap)[half + i]));
    }
    if (static_cast<double>(set) > kGramFillMax * static_cast<double>(half * 64)) break;
    for (size_t i = 0; i < half; ++i) (*bitmap)[i] |= (*bitmap)[half + i];
    words = half;
    --log2;
  }
  return log2;
}

}  // namespace

bool IsTokenByte(char byte) {
  const auto c = static_cast<uint8_t>(byte);
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c >= 0x80;
}

namespace token_internal {
namespace {

// A byte is a token byte when the class bits of its low and its high nibble meet, or bit 7 is set:
// class 1 digits (3x), 2 letters of rows 4 and 6, 4 row 5 with '_', 8 row 7.
uint32_t TokenBits16(const char* text) {
  const __m128i low_classes =
      _mm_setr_epi8(13, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 2, 2, 2, 2, 6);
  const __m128i high_classes = _mm_setr_epi8(0, 0, 0, 1, 2, 4, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i low = _mm_shuffle_epi8(low_classes, _mm_and_si128(bytes, nibble));
  const __m128i high =
      _mm_shuffle_epi8(high_classes, _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble));
  const __m128i none = _mm_cmpeq_epi8(_mm_and_si128(low, high), _mm_setzero_si128());
  const auto ascii = static_cast<uint32_t>(~_mm_movemask_epi8(none)) & 0xffffU;
  return ascii | static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}

uint32_t DigitBits16(const char* text) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(9)), above);
  return static_cast<uint32_t>(_mm_movemask_epi8(digits));
}

template <typename Bits16>
uint64_t BitsOf(const char* text, size_t size, Bits16 bits16) {
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + 16 <= size; i += 16) bits |= static_cast<uint64_t>(bits16(text + i)) << i;
  if (i < size) {
    char last[16] = {};
    std::memcpy(last, text + i, size - i);
    bits |= static_cast<uint64_t>(bits16(last)) << i;
  }
  return bits;
}

uint64_t DigitBits(const char* text, size_t size) { return BitsOf(text, size, DigitBits16); }

}  // namespace

uint64_t TokenBits(const char* text, size_t size) { return BitsOf(text, size, TokenBits16); }

}  // namespace token_internal

TokenFilterBuilder::HashSet::HashSet() : places_(kTableSizeMin, 0) {}

bool TokenFilterBuilder::HashSet::Insert(uint64_t hash) {
  const size_t mask = places_.size() - 1;
  size_t at = static_cast<size_t>(hash) & mask;
  while (places_[at] != 0) {
    if (places_[at] == hash) return false;
    at = (at + 1) & mask;
  }
  places_[at] = hash;
  if (++size_ * 2 > places_.size()) Grow();
  return true;
}

void TokenFilterBuilder::HashSet::Grow() {
  std::vector<uint64_t> larger(places_.size() * 2, 0);
  const size_t mask = larger.size() - 1;
  for (const uint64_t hash : places_) {
    if (hash == 0) continue;
    size_t at = static_cast<size_t>(hash) & mask;
    while (larger[at] != 0) at = (at + 1) & mask;
    larger[at] = hash;
  }
  places_ = std::move(larger);
}

void TokenFilterBuilder::HashSet::Clear() {
  std::fill(places_.begin(), places_.end(), 0);
  size_ = 0;
}

TokenFilterBuilder::TokenFilterBuilder() : grams_(kGramBitsMax / 64, 0) {}

void TokenFilterBuilder::AddLine(std::string_view line) {
  using token_internal::kWindowBytes;
  for (size_t base = 0; base < line.size();) {
    const char* const text = line.data() + base;
    const size_t size = std::min(line.size() - base, kWindowBytes);
    uint64_t tokens = token_internal::TokenBits(text, size);
    const uint64_t digits = token_internal::DigitBits(text, size);
    const uint64_t letters = tokens & ~digits;
    const uint64_t grams = letters & letters >> 1 & letters >> 2 & letters >> 3;
    size_t next = base + size;
    while (tokens != 0) {
      const auto begin = static_cast<size_t>(std::countr_zero(tokens));
      const auto length = static_cast<size_t>(std::countr_one(tokens >> begin));
      if (begin + length == kWindowBytes && next < line.size()) {  // may go on
        if (begin > 0) {
          next = base + begin;
          break;
        }
        while (next < line.size() && IsTokenByte(line[next])) ++next;
        AddLongToken(line.substr(base, next - base));
        break;
      }
      const uint64_t others = tokens & (tokens + (uint64_t{1} << begin));
      const uint64_t token = tokens ^ others;
      tokens = others;
      if ((digits & token) == 0 && !words_.Insert(HashToken({text + begin, length}))) {
        continue;
      }
      for (uint64_t rest = grams & token; rest != 0; rest &= rest - 1) {
        AddGram(text + std::countr_zero(rest));
      }
    }
    base = next;
  }
}

void TokenFilterBuilder::AddLongToken(std::string_view token) {
  if (!HasDigit(token) && !words_.Insert(HashToken(token))) return;
  size_t run = 0;  // bytes without a digit up to here
  for (size_t i = 0; i < token.size(); ++i) {
    run = IsDigit(token[i]) ? 0 : run + 1;
    if (run >= kTokenFilterGramBytes) AddGram(token.data() + i + 1 - kTokenFilterGramBytes);
  }
}

void TokenFilterBuilder::AddGram(const char* bytes) {
  const uint32_t gram = HashGram(bytes);
  grams_[gram / 64] |= uint64_t{1} << (gram % 64);
}

void TokenFilterBuilder::AddMetadata(std::string_view name, std::string_view value) {
  if (words_.Insert(HashPair(name, value))) ++pairs_;
}

std::string TokenFilterBuilder::Build(size_t raw_bytes) {
  const size_t half_bytes_max = std::max(raw_bytes / kRawBytesPerHalfByte, kHalfBytesMin);
  int gram_log2 = Fold(&grams_);
  size_t gram_bytes = (size_t{1} << gram_log2) / 8;
  if (gram_bytes > half_bytes_max) {
    gram_log2 = 0;
    gram_bytes = 0;
  }
  const size_t block_count = std::min(TokenBlocksFor(words_.size()),
                                      TokenBlocksFor(pairs_) + half_bytes_max / kTokenBlockBytes);
  std::string filter(kHeaderBytes + gram_bytes + block_count * kTokenBlockBytes, '\0');
  filter[0] = static_cast<char>(gram_log2 | kMetadataBit | kWithoutDigitsBit);
  std::memcpy(filter.data() + kHeaderBytes, grams_.data(), gram_bytes);
  char* const blocks = filter.data() + kHeaderBytes + gram_bytes;
  for (const uint64_t hash : words_.places()) {
    if (hash == 0) continue;
    AddToBlock(hash, blocks + TokenBlockIndex(hash, block_count) * kTokenBlockBytes);
  }
  words_.Clear();
  pairs_ = 0;
  std::fill(grams_.begin(), grams_.end(), 0);
  return filter;
}

void TokenQuery::Add(std::string_view needle) {
  ForEachToken(needle, [&](std::string_view token) {
    for (size_t i = 0; i + kTokenFilterGramBytes <= token.size(); ++i) {
      const bool digits = HasDigit(token.substr(i, kTokenFilterGramBytes));
      (digits ? digit_grams_ : grams_).push_back(HashGram(token.data() + i));
    }
    // At the needle's edges the token in the line may go on.
    const bool complete = token.data() != needle.data() &&
                          token.data() + token.size() != needle.data() + needle.size();
    if (complete) (HasDigit(token) ? numbers_ : words_).push_back(HashToken(token));
  });
}

void TokenQuery::AddMetadata(std::string_view name, std::string_view value) {
  pairs_.push_back(HashPair(name, value));
}

bool TokenQuery::MayMatch(std::string_view filter) const {
  FilterParts parts;
  if (!Split(filter, &parts)) return true;
  const auto has_gram = [&](uint32_t hash) {
    const uint32_t bit = hash & parts.gram_mask;
    return (static_cast<uint8_t>(parts.grams[bit / 8]) >> (bit % 8) & 1) != 0;
  };
  const size_t block_count = parts.blocks.size() / kTokenBlockBytes;
  const auto has_token = [&](uint64_t hash) {
    if (block_count == 0) return false;  // the block has no token at all
    return BlockHas(hash,
                    parts.blocks.data() + TokenBlockIndex(hash, block_count) * kTokenBlockBytes);
  };
  if (parts.has_metadata && !std::all_of(pairs_.begin(), pairs_.end(), has_token)) return false;
  if (!parts.grams.empty()) {
    if (!std::all_of(grams_.begin(), grams_.end(), has_gram)) return false;
    if (!parts.without_digits && !std::all_of(digit_grams_.begin(), digit_grams_.end(), has_gram)) {
      return false;
    }
  }
  if (!std::all_of(words_.begin(), words_.end(), has_token)) return false;
  return parts.without_digits || std::all_of(numbers_.begin(), numbers_.end(), has_token);
}

bool IsValidTokenFilter(std::string_view filter) {
  FilterParts parts;
  return Split(filter, &parts);
}

}  // namespace varve::storage
