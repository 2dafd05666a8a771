#include "storage/io/file_names.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "storage/model/text.h"

namespace varve::storage {
namespace {

constexpr std::string_view kWalSuffix = ".wal";
constexpr std::string_view kPartSuffix = ".part";
constexpr size_t kSegmentDigits = 8;
constexpr size_t kPartDigits = 20;

std::string Padded(uint64_t number, size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

// Only what Padded writes: so that a name and its number belong to each other one to one.
std::optional<uint64_t> ParsePadded(std::string_view text, size_t digits) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (Padded(number, digits) != text) return std::nullopt;
  return number;
}

}  // namespace

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  if (directory.back() == '/') return StrCat(directory, name);
  return StrCat(directory, "/", name);
}

std::string DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::string_view NameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string WalSegmentFileName(uint64_t segment_id) {
  return StrCat(Padded(segment_id, kSegmentDigits), kWalSuffix);
}

std::optional<uint64_t> ParseWalSegmentFileName(std::string_view name) {
  if (!name.ends_with(kWalSuffix)) return std::nullopt;
  name.remove_suffix(kWalSuffix.size());
  return ParsePadded(name, kSegmentDigits);
}

std::string QuarantinedWalFileName(uint64_t segment_id, uint64_t offset) {
  return StrCat("wal-", Padded(segment_id, kSegmentDigits), "-at-", offset, ".bytes");
}

std::string PartFileName(std::string_view signal, uint64_t part_id) {
  return StrCat(signal, "-", Padded(part_id, kPartDigits), kPartSuffix);
}

std::optional<PartFileNameFields> ParsePartFileName(std::string_view name) {
  const size_t dash = name.find('-');
  if (dash == std::string_view::npos || !name.ends_with(kPartSuffix)) return std::nullopt;
  const std::string_view signal = name.substr(0, dash);
  if (std::find(std::begin(kPartSignals), std::end(kPartSignals), signal) ==
      std::end(kPartSignals)) {
    return std::nullopt;
  }
  name.remove_suffix(kPartSuffix.size());
  const std::optional<uint64_t> id = ParsePadded(name.substr(dash + 1), kPartDigits);
  if (!id) return std::nullopt;
  return PartFileNameFields{signal, *id};
}

std::string TemporaryName(std::string_view path) { return StrCat(path, kTemporarySuffix); }

bool IsTemporaryName(std::string_view name) { return name.ends_with(kTemporarySuffix); }

}  // namespace varve::storage
