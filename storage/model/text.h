// StrCat, StrAppend, Quote and StringMap: Abseil's, made to take std::string_view.
//
// Why: Debian's Abseil is built for C++14, where absl::string_view is a type of its own, to which a
// std::string_view does not convert.
#ifndef STORAGE_MODEL_TEXT_H_
#define STORAGE_MODEL_TEXT_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace varve::storage {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

namespace text_internal {
template <typename T>
decltype(auto) Piece(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return ToAbsl(std::string_view(value));
  } else {
    return value;
  }
}
}  // namespace text_internal

// The arguments as text, one behind the other: strings of any kind and numbers.
template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  std::string text;
  (absl::StrAppend(&text, text_internal::Piece(pieces)), ...);
  return text;
}

template <typename... Pieces>
void StrAppend(std::string* text, const Pieces&... pieces) {
  (absl::StrAppend(text, text_internal::Piece(pieces)), ...);
}

// `"text"` as Go's strconv.Quote writes it: escapes control characters, quotes and bytes that are
// not UTF-8; other characters stand as they are.
std::string Quote(std::string_view text);

// Hash and equality that let a map of std::string be searched by std::string_view.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>{}(ToAbsl(text));
  }
};
struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename Value>
using StringMap = absl::flat_hash_map<std::string, Value, TextHash, TextEqual>;
using StringSet = absl::flat_hash_set<std::string, TextHash, TextEqual>;
// Keys are borrowed: whoever owns the text must outlive the map.
template <typename Value>
using StringViewMap = absl::flat_hash_map<std::string_view, Value, TextHash, TextEqual>;

}  // namespace varve::storage

#endif  // STORAGE_MODEL_TEXT_H_
