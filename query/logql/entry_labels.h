// EntryLabels: the labels of one log entry while it goes through a pipeline.
//
// They come from three places, kept apart: the stream, the entry's structured metadata, and what
// the stages parsed or set. A name belongs to the first of the three that has it; metadata or a
// parsed label that comes late is kept as `<name>_extracted`, of which there is one, the parsed
// one.
//
// Threads:  one thread.
// Owns:     texts made on the way; the rest points into the stream's labels, the metadata and the
//           line, which outlive the entry.
#ifndef QUERY_LOGQL_ENTRY_LABELS_H_
#define QUERY_LOGQL_ENTRY_LABELS_H_

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/model/label_set.h"

namespace varve::query {

inline constexpr std::string_view kErrorLabel = "__error__";
inline constexpr std::string_view kErrorDetailsLabel = "__error_details__";
// Of the loser's name where two sources have the same.
inline constexpr std::string_view kExtractedSuffix = "_extracted";

enum class LabelSource : uint8_t { kStream, kMetadata, kParsed };

class EntryLabels {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    LabelSource source = LabelSource::kStream;
  };

  // REQUIRES: `labels` outlives its use here.
  void BeginStream(storage::LabelSetView labels);
  void BeginEntry(storage::LabelSetView metadata);

  // The value; nullptr where no source has the name. Does not know the error labels.
  const std::string_view* Find(std::string_view name) const;
  // As a string filter reads it: absent is "", and the error labels have their values.
  std::string_view Get(std::string_view name) const;

  // Adds a label that a parser found: under `<name>_extracted` where stream or metadata have the
  // name, not at all where a parser found it before. Views must outlive the entry (see Keep).
  void AddParsed(std::string_view name, std::string_view value);
  // Sets a label, whatever its source was: what label_format does.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);

  // The first error wins. `details` may be empty.
  void SetError(std::string_view error, std::string_view details);
  void ResetError() { error_ = {}; }
  void ResetErrorDetails() { error_details_ = {}; }
  bool has_error() const { return !error_.empty(); }
  std::string_view error() const { return error_; }
  std::string_view error_details() const { return error_details_; }

  // A copy of `text` that lives as long as the entry.
  std::string_view Keep(std::string text);
  // An empty text to write into, that lives as long as the entry.
  std::string* NewText();

  // Whether the labels are those of the stream and nothing else.
  bool is_stream_only() const { return !changed_; }
  // Stream, metadata and parsed labels in the order they came; without errors.
  const std::vector<Field>& fields() const { return fields_; }
  // All labels of one source, those without a value too; errors count as parsed.
  storage::LabelSet Collect(LabelSource source) const;
  // All labels merged, errors included.
  storage::LabelSet CollectAll() const;

 private:
  Field* FindField(std::string_view name);
  const Field* FindField(std::string_view name) const {
    return const_cast<EntryLabels*>(this)->FindField(name);
  }
  void AppendErrors(std::vector<std::pair<std::string_view, std::string_view>>* pairs) const;
  std::string_view ExtractedName(std::string_view name);

  std::vector<Field> stream_;
  std::vector<Field> fields_;
  std::string_view error_;
  std::string_view error_details_;
  bool changed_ = false;
  std::deque<std::string> kept_;
  size_t kept_count_ = 0;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_ENTRY_LABELS_H_
