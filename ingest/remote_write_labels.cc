#include "ingest/remote_write_labels.h"

#include <algorithm>
#include <cstring>

#include "ingest/label_limits.h"
#include "ingest/protobuf_reader.h"
#include "ingest/utf8.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

using storage::LabelSet;
using storage::Quote;
using storage::StrCat;

constexpr size_t kPageBytes = 256 << 10;
// Three keys and three lengths.
constexpr size_t kLabelOverheadBytesMax = 3 + 3 * 5;

constexpr char BytesKey(uint32_t field) {
  return static_cast<char>(field << 3 | static_cast<uint32_t>(WireType::kBytes));
}

size_t VarintBytes(size_t value) {
  size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

char* PutVarint(size_t value, char* out) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

char* PutBytes(uint32_t field, std::string_view bytes, char* out) {
  *out++ = BytesKey(field);
  out = PutVarint(bytes.size(), out);
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

}  // namespace

bool ReadLabel(std::string_view message, std::string_view* name, std::string_view* value) {
  *name = {};
  *value = {};
  ProtobufReader label(message);
  while (label.Next()) {
    if (label.Is(kLabelName, WireType::kBytes)) *name = label.bytes();
    if (label.Is(kLabelValue, WireType::kBytes)) *value = label.bytes();
  }
  return label.ok();
}

absl::Status CheckLabels(LabelPairs pairs, LabelSet* labels) {
  if (pairs.size() > kSeriesLabelsMax) {
    return absl::InvalidArgumentError(
        StrCat("too many labels: ", pairs.size(), ", want at most ", kSeriesLabelsMax));
  }
  for (const auto& [name, value] : pairs) {
    if (name.empty() || !IsUtf8(name) || name.size() > kLabelNameBytesMax) {
      return absl::InvalidArgumentError(
          StrCat("invalid label name ", Quote(name.substr(0, kLabelNameBytesMax))));
    }
    if (!IsUtf8(value)) {
      return absl::InvalidArgumentError(
          StrCat("invalid value of label ", Quote(name), ": not UTF-8"));
    }
    if (value.size() > kLabelValueBytesMax) {
      return absl::InvalidArgumentError(StrCat("invalid value of label ", Quote(name), ": ",
                                               value.size(), " bytes, want at most ",
                                               kLabelValueBytesMax));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i].first == pairs[i - 1].first) {
      return absl::InvalidArgumentError(
          StrCat("duplicate label with name ", Quote(pairs[i].first)));
    }
  }
  *labels = LabelSet::FromPairs(std::move(pairs));
  return absl::OkStatus();
}

absl::Status CheckExemplarLabels(LabelPairs pairs, LabelSet* labels) {
  size_t characters = 0;
  for (const auto& [name, value] : pairs) characters += CharactersOf(name) + CharactersOf(value);
  if (characters > kExemplarLabelCharactersMax) {
    return absl::InvalidArgumentError(StrCat("label length for exemplar exceeds maximum of ",
                                             kExemplarLabelCharactersMax, " UTF-8 characters"));
  }
  return CheckLabels(std::move(pairs), labels);
}

absl::Status ParseRemoteWriteLabels(std::string_view raw_labels, LabelSet* labels) {
  LabelPairs pairs;
  ProtobufReader fields(raw_labels);
  while (fields.Next()) {
    auto& [name, value] = pairs.emplace_back();
    if (!ReadLabel(fields.bytes(), &name, &value)) {
      return absl::InvalidArgumentError("malformed label");
    }
    // Not to gather millions of empty ones.
    if (pairs.size() > kSeriesLabelsMax) break;
  }
  if (!fields.ok()) return absl::InvalidArgumentError("malformed labels");
  VARVE_RETURN_IF_ERROR(CheckLabels(std::move(pairs), labels));
  if (labels->metric_name().empty()) {
    return absl::InvalidArgumentError(
        StrCat("invalid metric name \"\" in labels ", labels->ToString()));
  }
  return absl::OkStatus();
}

std::string_view RawLabelArena::Add(const LabelPairs& pairs) {
  size_t bytes_max = pairs.size() * kLabelOverheadBytesMax;
  for (const auto& [name, value] : pairs) bytes_max += name.size() + value.size();
  if (bytes_max > left_) {
    left_ = std::max(bytes_max, kPageBytes);
    pages_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    next_ = pages_.back().get();
  }
  char* const begin = next_;
  char* out = begin;
  for (const auto& [name, value] : pairs) {
    const size_t label_bytes =
        2 + VarintBytes(name.size()) + name.size() + VarintBytes(value.size()) + value.size();
    *out++ = BytesKey(kSeriesLabel);
    out = PutVarint(label_bytes, out);
    out = PutBytes(kLabelName, name, out);
    out = PutBytes(kLabelValue, value, out);
  }
  const auto bytes = static_cast<size_t>(out - begin);
  next_ = out;
  left_ -= bytes;
  bytes_ += bytes;
  return {begin, bytes};
}

void RawLabelArena::Clear() {
  pages_.clear();
  next_ = nullptr;
  left_ = 0;
  bytes_ = 0;
}

}  // namespace varve::ingest
