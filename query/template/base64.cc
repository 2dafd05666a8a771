#include "query/template/base64.h"

#include <algorithm>
#include <cstdint>

#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

class Decoder {
 public:
  explicit Decoder(std::string_view text) : text_(text) {}

  bool Run(std::string* bytes) {
    while (true) {
      uint32_t bits = 0;
      int count = 0;
      bool padded = false;
      if (!ReadQuantum(&bits, &count, &padded)) {
        *bytes = storage::StrCat("illegal base64 data at input byte ", error_at_);
        return false;
      }
      if (count == 0) return true;
      bits <<= 6 * (4 - count);
      for (int i = 0; i + 1 < count; ++i) bytes->push_back(static_cast<char>(bits >> (16 - 8 * i)));
      if (padded) return true;
    }
  }

 private:
  bool Fail(size_t at) {
    error_at_ = at;
    return false;
  }
  void SkipLineEnds() {
    while (at_ < text_.size() && IsLineEnd(text_[at_])) ++at_;
  }

  // Up to four characters, and the padding.
  bool ReadQuantum(uint32_t* bits, int* count, bool* padded) {
    while (*count < 4) {
      if (at_ == text_.size()) {
        if (*count == 0) return true;
        return Fail(at_ - static_cast<size_t>(*count));
      }
      const char c = text_[at_++];
      if (IsLineEnd(c)) continue;
      if (c == '=') return ReadPadding(*count, padded);
      const size_t value = kAlphabet.find(c);
      if (value == std::string_view::npos) return Fail(at_ - 1);
      *bits = *bits << 6 | static_cast<uint32_t>(value);
      ++*count;
    }
    return true;
  }

  // The first `=` is taken.
  bool ReadPadding(int count, bool* padded) {
    if (count < 2) return Fail(at_ - 1);
    if (count == 2) {
      SkipLineEnds();
      if (at_ == text_.size()) return Fail(text_.size());
      if (text_[at_] != '=') return Fail(at_ - 1);
      ++at_;
    }
    SkipLineEnds();
    if (at_ < text_.size()) return Fail(at_);
    *padded = true;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t error_at_ = 0;
};

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(k <= count ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=');
    }
  }
  return out;
}

bool DecodeBase64(std::string_view text, std::string* bytes) {
  bytes->clear();
  return Decoder(text).Run(bytes);
}

}  // namespace varve::query
