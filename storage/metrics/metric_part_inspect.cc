#include "storage/metrics/metric_part_inspect.h"

#include <algorithm>
#include <memory>
#include <span>

#include "absl/functional/function_ref.h"
#include "storage/encoding/histogram_chunk.h"
#include "storage/encoding/value_chunk_format.h"
#include "storage/encoding/value_codec.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/metric_part.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status DisagreeError(const std::string& path, std::string_view what, uint64_t found,
                           uint64_t wanted) {
  return absl::DataLossError(
      StrCat("cannot verify part ", path, ": ", found, " ", what, ", want ", wanted));
}

// That the groups of chunks follow each other and cover the stream.
absl::Status VerifyGroups(const std::string& path, const MetricPartDirectory& directory,
                          uint64_t stream_bytes) {
  uint64_t expected = 0;
  for (uint32_t number = 0; number < directory.group_count(); ++number) {
    VARVE_ASSIGN_OR_RETURN(const GroupEntry group, directory.Group(number));
    if (group.stream_begin != expected) {
      return DisagreeError(path, "is where a group of chunks begins", group.stream_begin, expected);
    }
    expected = group.stream_end;
  }
  if (expected != stream_bytes) {
    return DisagreeError(path, "bytes of chunks in groups", expected, stream_bytes);
  }
  return absl::OkStatus();
}

// Verifies all that does not depend on what chunks hold, and what `read` returns: the timestamps of
// a series, all of whose samples it has decoded.
using ReadSeries = absl::FunctionRef<absl::StatusOr<TimestampColumn>(uint32_t id)>;
absl::Status VerifyPart(const std::string& path, const MetricPart& part, ReadSeries read) {
  VARVE_RETURN_IF_ERROR(part.file().VerifySections());
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.Index());
  VARVE_RETURN_IF_ERROR(index->Verify());
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, part.Directory());

  const PartMetadata& metadata = part.info();
  uint64_t samples = 0;
  int64_t min_time = INT64_MAX;
  int64_t max_time = INT64_MIN;
  for (uint32_t id = 0; id < part.series_count(); ++id) {
    VARVE_RETURN_IF_ERROR(part.Labels(id).status());
    VARVE_ASSIGN_OR_RETURN(const TimestampColumn timestamps_ms, read(id));
    samples += timestamps_ms->size();
    min_time = std::min(min_time, timestamps_ms->front());
    max_time = std::max(max_time, timestamps_ms->back());
  }
  uint64_t stream_bytes = 0;
  SeriesChunksCursor cursor(directory);
  for (uint32_t id = 0; id < part.series_count(); ++id) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    if (cursor.chunks().stream_offset != stream_bytes) {
      return DisagreeError(path, "is where a series begins", cursor.chunks().stream_offset,
                           stream_bytes);
    }
    for (const uint32_t bytes : cursor.chunks().chunk_bytes) stream_bytes += bytes;
  }
  VARVE_RETURN_IF_ERROR(VerifyGroups(path, *directory, stream_bytes));
  if (samples != metadata.entry_count) {
    return DisagreeError(path, "samples", samples, metadata.entry_count);
  }
  if (samples > 0 && (min_time != metadata.min_time || max_time != metadata.max_time)) {
    return DisagreeError(path, "is the first time", static_cast<uint64_t>(min_time),
                         static_cast<uint64_t>(metadata.min_time));
  }
  return absl::OkStatus();
}

absl::StatusOr<MetricPartReport> InspectPart(const MetricPart& part,
                                             std::span<const std::string_view> codec_names) {
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, part.Directory());
  MetricPartReport report;
  for (const std::string_view name : codec_names) report.codecs.push_back({.name = name});
  report.metadata = part.info();
  report.file_bytes = part.file().size();
  report.sections = part.file().sections();
  report.columns = directory->column_count();
  for (uint32_t number = 0; number < report.columns; ++number) {
    VARVE_ASSIGN_OR_RETURN(const ColumnEntry column, directory->Column(number));
    report.column_timestamps += column.count;
    report.column_bytes += column.bytes;
  }
  for (uint32_t number = 0; number < directory->group_count(); ++number) {
    VARVE_ASSIGN_OR_RETURN(const GroupEntry group, directory->Group(number));
    ++report.groups;
    if (group.compression != GroupCompression::kNone) ++report.groups_compressed;
    report.group_raw_bytes += group.stream_end - group.stream_begin;
    report.group_stored_bytes += group.stored_bytes;
  }
  SeriesChunksCursor cursor(directory);
  for (uint32_t id = 0; id < part.series_count(); ++id) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    const SeriesChunks& chunks = cursor.chunks();
    const ChunkCut cut(chunks.timestamps.count, directory->chunk_samples_max());
    uint64_t offset = chunks.stream_offset;
    for (uint32_t chunk = 0; chunk < cut.chunks; ++chunk) {
      VARVE_ASSIGN_OR_RETURN(const uint8_t head, part.HeadOfChunk(offset));
      const size_t codec = head & kCodecMask;
      if (codec >= report.codecs.size()) {
        return absl::DataLossError(StrCat("cannot inspect part ", part.file().name(),
                                          ": a chunk has the codec ", codec, ", want less than ",
                                          report.codecs.size()));
      }
      MetricPartReport::Codec& sum = report.codecs[codec];
      ++sum.chunks;
      sum.samples += cut.Begin(chunk + 1) - cut.Begin(chunk);
      sum.bytes += chunks.chunk_bytes[chunk];
      offset += chunks.chunk_bytes[chunk];
    }
  }
  return report;
}

}  // namespace

absl::Status VerifyMetricPart(FileSystem* files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<MetricPart> part, MetricPart::Open(files, path));
  std::vector<double> values;
  return VerifyPart(path, *part, [&](uint32_t id) -> absl::StatusOr<TimestampColumn> {
    TimestampColumn timestamps_ms;
    VARVE_RETURN_IF_ERROR(part->Read(id, TimeRange::All(), &timestamps_ms, &values));
    return timestamps_ms;
  });
}

absl::Status VerifyHistogramPart(FileSystem* files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<HistogramPart> part,
                         HistogramPart::Open(files, path));
  std::vector<HistogramPtr> histograms;
  return VerifyPart(path, part->series(), [&](uint32_t id) -> absl::StatusOr<TimestampColumn> {
    TimestampColumn timestamps_ms;
    VARVE_RETURN_IF_ERROR(part->Read(id, TimeRange::All(), &timestamps_ms, &histograms));
    for (const HistogramPtr& histogram : histograms) {
      VARVE_RETURN_IF_ERROR(ValidateHistogram(*histogram));
    }
    return timestamps_ms;
  });
}

absl::StatusOr<MetricPartReport> InspectMetricPart(FileSystem* files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<MetricPart> part, MetricPart::Open(files, path));
  std::vector<std::string_view> names;
  for (size_t codec = 0; codec < kValueCodecCount; ++codec) {
    names.push_back(ValueCodecName(static_cast<ValueCodec>(codec)));
  }
  return InspectPart(*part, names);
}

absl::StatusOr<MetricPartReport> InspectHistogramPart(FileSystem* files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<HistogramPart> part,
                         HistogramPart::Open(files, path));
  constexpr std::string_view kNames[kHistogramCodecCount] = {"columns", "stream"};
  return InspectPart(part->series(), kNames);
}

std::string FormatReport(const MetricPartReport& report) {
  const auto per_sample = [&](uint64_t bytes) {
    return static_cast<double>(bytes) /
           static_cast<double>(std::max<uint64_t>(1, report.metadata.entry_count));
  };
  std::string text =
      StrCat("part ", report.metadata.part_id, " level ", report.metadata.level, " day ",
             report.metadata.partition_day, ": ", report.file_bytes, " bytes, ",
             report.metadata.series_count, " series, ", report.metadata.entry_count, " samples, ",
             per_sample(report.file_bytes), " bytes per sample\n");
  for (const SectionInfo& section : report.sections) {
    StrAppend(&text, "section ", SectionName(section.id), ": ", section.length, " bytes, ",
              per_sample(section.length), " per sample\n");
  }
  StrAppend(&text, "timestamps: ", report.columns, " columns, ", report.column_timestamps,
            " timestamps, ", report.column_bytes, " bytes\n");
  StrAppend(&text, "values: ", report.groups, " groups, ", report.groups_compressed,
            " compressed, ", report.group_raw_bytes, " bytes stored in ", report.group_stored_bytes,
            "\n");
  for (const MetricPartReport::Codec& codec : report.codecs) {
    if (codec.chunks == 0) continue;
    StrAppend(&text, "codec ", codec.name, ": ", codec.chunks, " chunks, ", codec.samples,
              " samples, ", codec.bytes, " bytes\n");
  }
  return text;
}

}  // namespace varve::storage
