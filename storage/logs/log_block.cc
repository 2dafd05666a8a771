#include "storage/logs/log_block.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

#include "storage/encoding/lz4_codec.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/template_decoder.h"

namespace varve::storage {

namespace {

// Templates are kept where they take at most this share of what the text takes, in tenths: a search
// in text costs less where there is nothing to skip.
constexpr size_t kTemplateTenthsMax = 9;

// Where templates take less than a fifth of the lines, text would hardly take less; from two fifths
// on, text that is compressed hard may be as small.
constexpr size_t kSmallFifths = 1;
constexpr size_t kDoubtfulFifths = 2;

// What the lines take as text; each is found out when it is asked for.
class TextGroup {
 public:
  explicit TextGroup(std::string_view messages) : messages_(messages) {}

  size_t messages_bytes() const { return messages_.size(); }
  size_t quick_bytes() {
    if (quick_bytes_ == 0) quick_bytes_ = QuickBytes(messages_);
    return quick_bytes_;
  }
  std::string& dense() {
    if (dense_.empty()) AppendTextColumn(messages_, TextEffort::kHigh, &dense_);
    return dense_;
  }

  static size_t QuickBytes(std::string_view text) {
    std::string column;
    AppendTextColumn(text, &column);
    return column.size();
  }

 private:
  std::string_view messages_;
  size_t quick_bytes_ = 0;
  std::string dense_;
};

bool IsSmaller(size_t template_bytes, size_t text_bytes) {
  return template_bytes * 10 <= text_bytes * kTemplateTenthsMax;
}

bool IsBelowFifths(size_t bytes, size_t fifths, const TextGroup& text) {
  return bytes * 5 < text.messages_bytes() * fifths;
}

// Whether it is worth compressing the heap hard: what it takes after a quick look says how much the
// lines have in common.
bool MayBeSmall(const TemplateEncoder& templates, TextGroup* text) {
  const size_t bytes = templates.column_bytes();
  if (IsBelowFifths(bytes + templates.heap().size(), kDoubtfulFifths, *text)) return true;
  return IsSmaller(bytes + TextGroup::QuickBytes(templates.heap()), text->quick_bytes());
}

// Whether templates are worth keeping.
bool IsSmallEnough(std::string_view group, TextGroup* text) {
  if (IsBelowFifths(group.size(), kSmallFifths, *text)) return true;
  if (!IsSmaller(group.size(), text->quick_bytes())) return false;
  return IsBelowFifths(group.size(), kDoubtfulFifths, *text) ||
         IsSmaller(group.size(), text->dense().size());
}

// Whether `group` gives the lines back, byte for byte.
bool GivesBack(std::string_view group, const LogTemplateTable& table, std::string_view messages,
               std::span<const uint32_t> offsets, std::span<const int64_t> timestamps_ns) {
  TemplateDecoder decoder;
  if (!decoder.Open(group, &table, timestamps_ns).ok()) return false;
  std::vector<uint32_t> rows(timestamps_ns.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::string text;
  std::vector<uint32_t> made;
  return decoder.MakeLines(rows, messages.size(), &text, &made).ok() && text == messages &&
         std::equal(made.begin(), made.end(), offsets.begin(), offsets.end());
}

}  // namespace

static_assert(kLogLineBytesMax <= kLz4RawBytesMax, "a line is one LZ4 block at most");

uint32_t LogBlock::entries() const {
  uint32_t sum = 0;
  for (const LogBlockRun& run : runs) sum += run.entries;
  return sum;
}

int64_t LogBlock::min_ns() const {
  int64_t min_ns = runs.front().min_ns;
  for (const LogBlockRun& run : runs) min_ns = std::min(min_ns, run.min_ns);
  return min_ns;
}

int64_t LogBlock::max_ns() const {
  int64_t max_ns = runs.front().max_ns;
  for (const LogBlockRun& run : runs) max_ns = std::max(max_ns, run.max_ns);
  return max_ns;
}

uint64_t LogBlock::raw_bytes() const {
  uint64_t sum = 0;
  for (const LogBlockRun& run : runs) sum += run.raw_bytes;
  return sum;
}

void LogBlockBuilder::NextStream() { next_stream_ = true; }

bool LogBlockBuilder::IsFullFor(const Entry& entry) const {
  return timestamps_.size() >= kLogBlockEntriesMax ||
         (!timestamps_.empty() && messages_.size() + entry.line.size() > kLogBlockRawBytesMax);
}

void LogBlockBuilder::Add(const Entry& entry) {
  assert(!IsFullFor(entry) && entry.line.size() <= kLogLineBytesMax);
  if (next_stream_) {
    next_stream_ = false;
    runs_.push_back({.min_ns = entry.timestamp_ns, .max_ns = entry.timestamp_ns});
  }
  LogBlockRun& run = runs_.back();
  assert(entry.timestamp_ns >= run.max_ns);
  run.max_ns = entry.timestamp_ns;
  ++run.entries;
  run.raw_bytes += entry.line.size() + entry.metadata.packed().size();
  timestamps_.push_back(entry.timestamp_ns);
  line_bytes_.push_back(static_cast<uint32_t>(entry.line.size()));
  messages_.append(entry.line);
  metadata_.Add(entry.metadata);
  filter_.AddLine(entry.line);
}

MessageEncoding LogBlockBuilder::EncodeMessages(TemplateEncoder* templates,
                                                std::string* group) const {
  if (templates == nullptr) {
    AppendTextColumn(messages_, group);
    return MessageEncoding::kText;
  }
  TextGroup text(messages_);
  if (messages_.size() <= kLogBlockRawBytesMax) {
    std::vector<uint32_t> offsets(1, 0);
    for (const uint32_t bytes : line_bytes_) offsets.push_back(offsets.back() + bytes);
    templates->Split(messages_, offsets, timestamps_);
    if (MayBeSmall(*templates, &text)) {
      std::string small = templates->Finish();
      if (IsSmallEnough(small, &text) &&
          GivesBack(small, templates->table(), messages_, offsets, timestamps_)) {
        *group = std::move(small);
        return MessageEncoding::kTemplates;
      }
    }
  }
  *group = std::move(text.dense());
  return MessageEncoding::kDenseText;
}

LogBlock LogBlockBuilder::Finish(TemplateEncoder* templates) {
  assert(!empty());
  LogBlock block;
  block.runs = std::move(runs_);
  LogBlockHeader header;
  header.entries = entries();
  header.streams = static_cast<uint32_t>(block.runs.size());
  header.message_bytes = static_cast<uint32_t>(messages_.size());
  header.min_ns = block.min_ns();
  header.max_ns = block.max_ns();

  std::array<std::string, kLogBlockGroups> groups;
  const auto group = [&](LogBlockGroup id) { return &groups[static_cast<size_t>(id)]; };
  AppendTimestampColumn(timestamps_, group(LogBlockGroup::kTimestamps));
  AppendIntegerColumn(line_bytes_, group(LogBlockGroup::kLineBytes));
  if (block.runs.size() > 1) {
    std::vector<uint32_t> run_entries;
    for (const LogBlockRun& run : block.runs) run_entries.push_back(run.entries);
    AppendIntegerColumn(run_entries, group(LogBlockGroup::kStreams));
  }
  metadata_.ForEachSet([this](LabelSetView set) {
    for (const LabelView& pair : set) filter_.AddMetadata(pair.name, pair.value);
  });
  *group(LogBlockGroup::kMetadata) =
      metadata_.Finish(templates == nullptr ? TextEffort::kFast : TextEffort::kHigh);
  header.encoding = EncodeMessages(templates, group(LogBlockGroup::kMessages));
  LogBlockHeader::AppendBlock(header, groups, &block.bytes);
  block.bytes.shrink_to_fit();
  block.filter = filter_.Build(messages_.size());
  runs_.clear();
  timestamps_.clear();
  line_bytes_.clear();
  messages_.clear();
  next_stream_ = true;
  return block;
}

}  // namespace varve::storage
