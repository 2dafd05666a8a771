#include "storage/logs/log_part_verify.h"

#include <algorithm>

#include "storage/logs/log_block_reader.h"
#include "storage/logs/token_filter.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status Wrong(const LogPart& part, uint32_t block, std::string_view what) {
  return absl::DataLossError(StrCat("cannot verify ", part.file().name(), ": block ", block, " at ",
                                    part.directory().blocks[block].offset, ": ", what));
}

// What the directory would say of rows [begin, end).
LogBlockRun Summarize(const LogBlockReader& reader, uint32_t begin, uint32_t end, bool* sorted) {
  LogBlockRun run{.entries = end - begin,
                  .min_ns = reader.timestamps_ns()[begin],
                  .max_ns = reader.timestamps_ns()[begin]};
  for (uint32_t row = begin; row < end; ++row) {
    const int64_t timestamp_ns = reader.timestamps_ns()[row];
    if (timestamp_ns < run.max_ns) *sorted = false;
    run.max_ns = timestamp_ns;
    run.raw_bytes += reader.line_bytes()[row] + reader.metadata().Get(row).packed().size();
  }
  return run;
}

absl::Status VerifyBlock(const LogPart& part, uint32_t block, std::span<const LogDirectoryRun> runs,
                         LogBlockReader* reader) {
  const LogDirectoryBlock& entry = part.directory().blocks[block];
  std::string scratch;
  std::string_view block_bytes;
  VARVE_RETURN_IF_ERROR(part.ReadBlock(block, &scratch, &block_bytes));
  VARVE_ASSIGN_OR_RETURN(const MemoryBlockBytes bytes, part.BlockBytes(block_bytes));
  VARVE_RETURN_IF_ERROR(reader->Open(&bytes));
  VARVE_RETURN_IF_ERROR(reader->LoadTimestamps());
  VARVE_RETURN_IF_ERROR(reader->LoadMessages());
  VARVE_RETURN_IF_ERROR(reader->LoadMetadata());
  VARVE_RETURN_IF_ERROR(reader->LoadStreams());
  const LogBlockHeader& header = reader->header();
  if (header.block_bytes() != entry.bytes || header.count_bytes() != entry.count_bytes ||
      header.entries != entry.entries || header.streams != runs.size()) {
    return Wrong(part, block, "sizes differ from the directory's");
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    bool sorted = true;
    if (reader->stream_entries()[i] != runs[i].run.entries) {
      return Wrong(part, block, "streams differ from the directory's");
    }
    const LogBlockRun found =
        Summarize(*reader, runs[i].first_row, runs[i].first_row + runs[i].run.entries, &sorted);
    if (!sorted) return Wrong(part, block, "timestamps go down");
    if (found != runs[i].run)
      return Wrong(part, block, "times or sizes differ from the directory's");
  }
  VARVE_ASSIGN_OR_RETURN(const std::string_view filter, part.Filter(block));
  if (!IsValidTokenFilter(filter)) return Wrong(part, block, "malformed token filter");
  for (uint32_t row = 0; row < reader->entries(); ++row) {
    // Spaces around the line make all its tokens interior ones.
    if (!TokenQuery(StrCat(" ", reader->line(row), " ")).MayMatch(filter)) {
      return Wrong(part, block, "the token filter lacks a token");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyLogPart(const LogPart& part) {
  VARVE_RETURN_IF_ERROR(part.file().VerifySections());
  VARVE_RETURN_IF_ERROR(part.index().Verify());
  const LogDirectory& directory = part.directory();
  std::span<const LogDirectoryRun> runs = directory.runs;
  uint64_t entries = 0;
  uint64_t raw_bytes = 0;
  LogBlockReader reader;
  for (uint32_t block = 0; block < directory.blocks.size(); ++block) {
    const uint32_t count = directory.blocks[block].runs;
    VARVE_RETURN_IF_ERROR(VerifyBlock(part, block, runs.first(count), &reader));
    for (const LogDirectoryRun& run : runs.first(count)) {
      entries += run.run.entries;
      raw_bytes += run.run.raw_bytes;
    }
    runs = runs.subspan(count);
  }
  for (uint32_t stream = 0; stream < part.stream_count(); ++stream) {
    const auto of_stream = part.Runs(stream);
    if (of_stream.empty()) {
      return absl::DataLossError(StrCat("cannot verify ", part.file().name(), ": stream ", stream,
                                        " has no entries, want at least 1"));
    }
    for (size_t i = 1; i < of_stream.size(); ++i) {
      if (of_stream[i].run.min_ns < of_stream[i - 1].run.max_ns) {
        return Wrong(part, of_stream[i].block, "begins before the block before it ends");
      }
    }
  }
  const PartMetadata& metadata = part.metadata();
  if (entries != metadata.entry_count || raw_bytes != metadata.raw_bytes ||
      part.stream_count() != metadata.series_count) {
    return absl::DataLossError(StrCat("cannot verify ", part.file().name(), ": ", entries,
                                      " entries, want ", metadata.entry_count));
  }
  return absl::OkStatus();
}

std::string InspectLogPart(const LogPart& part) {
  const PartMetadata& metadata = part.metadata();
  std::string text = StrCat("log part ", metadata.part_id, ", level ", metadata.level, ", day ",
                            metadata.partition_day, "\nstreams ", metadata.series_count,
                            "\nentries ", metadata.entry_count, "\nraw bytes ", metadata.raw_bytes,
                            "\nfile bytes ", part.file().size(), "\ntimes (ns) ", metadata.min_time,
                            " to ", metadata.max_time, "\nblocks ", part.directory().blocks.size(),
                            "\nruns ", part.directory().runs.size(), "\n");
  for (const SectionInfo& section : part.file().sections()) {
    StrAppend(&text, "section ", SectionName(section.id), ": ", section.length, " bytes at ",
              section.offset, "\n");
  }
  return text;
}

}  // namespace varve::storage
