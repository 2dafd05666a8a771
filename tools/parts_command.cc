#include "tools/parts_command.h"

#include <array>
#include <cstdio>
#include <limits>

#include "absl/time/civil_time.h"
#include "storage/logs/log_part.h"
#include "storage/logs/log_part_verify.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/model/text.h"
#include "storage/part/part_file.h"
#include "storage/status_macros.h"
#include "tools/part_catalog.h"
#include "tools/text_table.h"

namespace varve::tools {
namespace {

using storage::FileSystem;
using storage::PartFile;
using storage::PartMetadata;
using storage::SignalKind;
using storage::StrCat;

std::string DayText(int32_t day) {
  const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
  char text[32];
  std::snprintf(text, sizeof(text), "%04lld-%02d-%02d", static_cast<long long>(civil.year()),
                civil.month(), civil.day());
  return text;
}

std::string BytesPerEntry(uint64_t bytes, uint64_t entries) {
  if (entries == 0) return {};
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f",
                static_cast<double>(bytes) / static_cast<double>(entries));
  return text;
}

// A part's times, which are in the unit of its signal; empty beyond what nanoseconds can say.
std::string TimeText(SignalKind kind, int64_t time, const CommandContext& context) {
  int64_t time_ns = time;
  if (!CountsNanoseconds(kind) &&
      __builtin_mul_overflow(time, kNanosecondsPerMillisecond, &time_ns)) {
    return {};
  }
  return context.times.Milliseconds(time_ns);
}

std::string_view StateText(PartState state) {
  switch (state) {
    case PartState::kLive:
      return "live";
    case PartState::kMissing:
      return "missing";
    case PartState::kUnlisted:
      return "unlisted";
  }
  return {};
}

std::vector<std::string> RowWithoutFile(const PartPlace& part, std::string_view state) {
  return {part.name, std::string(state), "", "", "", "", "", "", "", "", ""};
}

std::vector<std::string> RowOf(const PartPlace& part, const PartFile& file,
                               const CommandContext& context) {
  const PartMetadata& metadata = file.metadata();
  const bool empty = metadata.entry_count == 0;
  return {part.name,
          std::string(StateText(part.state)),
          std::string(SignalKindName(file.kind())),
          StrCat(metadata.level),
          DayText(metadata.partition_day),
          empty ? "" : TimeText(file.kind(), metadata.min_time, context),
          empty ? "" : TimeText(file.kind(), metadata.max_time, context),
          StrCat(metadata.series_count),
          StrCat(metadata.entry_count),
          StrCat(file.size()),
          BytesPerEntry(file.size(), metadata.entry_count)};
}

struct Sum {
  uint64_t parts = 0;
  uint64_t entries = 0;
  uint64_t bytes = 0;

  void Add(const PartFile& file) {
    ++parts;
    entries += file.metadata().entry_count;
    bytes += file.size();
  }
};

void PrintSum(const Sum& sum, std::string_view kind, std::string_view entries,
              const CommandContext& context) {
  if (sum.parts == 0) return;
  *context.out << kind << ": " << sum.parts << (sum.parts == 1 ? " part, " : " parts, ")
               << sum.entries << ' ' << entries << ", " << sum.bytes << " bytes";
  if (sum.entries > 0) *context.out << ", " << BytesPerEntry(sum.bytes, sum.entries) << " each";
  *context.out << '\n';
}

absl::StatusOr<std::string> InspectText(FileSystem* files, const PartPlace& part) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<PartFile> file, PartFile::Open(files, part.path));
  if (CountsNanoseconds(file->kind())) {
    VARVE_ASSIGN_OR_RETURN(const auto opened, storage::LogPart::Open(std::move(file)));
    return storage::InspectLogPart(*opened);
  }
  const bool has_histograms = file->kind() == SignalKind::kHistograms;
  VARVE_ASSIGN_OR_RETURN(const storage::MetricPartReport report,
                         has_histograms ? storage::InspectHistogramPart(files, part.path)
                                        : storage::InspectMetricPart(files, part.path));
  return storage::FormatReport(report);
}

absl::Status VerifyPart(FileSystem* files, const PartPlace& part) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<PartFile> file, PartFile::Open(files, part.path));
  if (CountsNanoseconds(file->kind())) {
    VARVE_ASSIGN_OR_RETURN(const auto opened, storage::LogPart::Open(std::move(file)));
    return storage::VerifyLogPart(*opened);
  }
  if (file->kind() == SignalKind::kHistograms) {
    return storage::VerifyHistogramPart(files, part.path);
  }
  return storage::VerifyMetricPart(files, part.path);
}

// Whether an error only says that compaction took the file away since the manifest was read.
bool IsReplaced(FileSystem* files, const PartCatalog& catalog, const PartPlace& part,
                const absl::Status& status) {
  return absl::IsNotFound(status) && !IsStillListed(files, catalog, part);
}

// Storage names files in its messages; where it does not, the file goes in front.
std::string NamedError(const PartPlace& part, const absl::Status& status) {
  const std::string_view text = storage::ToStd(status.message());
  if (text.find(part.path) != std::string_view::npos) return std::string(text);
  return StrCat("cannot read ", part.path, ": ", text);
}

absl::Status DamageError(const PartsOptions& options, uint64_t damaged, std::string_view verb) {
  if (damaged == 0) return absl::OkStatus();
  return absl::DataLossError(StrCat("cannot ", verb, " ", options.path, ": ", damaged, " damaged"));
}

}  // namespace

absl::Status RunPartsList(const PartsOptions& options, const CommandContext& context) {
  FileSystem* const files = FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const PartCatalog catalog, ReadPartCatalog(files, options.path));
  TextTable table;
  for (const auto& [name, is_number] :
       std::initializer_list<std::pair<const char*, bool>>{{"part", false},
                                                           {"state", false},
                                                           {"kind", false},
                                                           {"level", true},
                                                           {"day", false},
                                                           {"from", false},
                                                           {"to", false},
                                                           {"series", true},
                                                           {"entries", true},
                                                           {"bytes", true},
                                                           {"bytes_per_entry", true}}) {
    table.columns.push_back({name, is_number ? TextTable::Kind::kNumber : TextTable::Kind::kText});
  }
  std::array<Sum, storage::kSignalKinds> sums = {};
  uint64_t damaged = 0;
  for (const PartPlace& part : catalog.parts) {
    const auto file = PartFile::Open(files, part.path);
    if (file.ok()) {
      table.rows.push_back(RowOf(part, **file, context));
      // Leftovers hold what is counted elsewhere already.
      if (part.state == PartState::kLive) {
        sums[static_cast<size_t>((*file)->kind()) - 1].Add(**file);
      }
    } else if (!IsReplaced(files, catalog, part, file.status())) {
      const bool missing = absl::IsNotFound(file.status());
      table.rows.push_back(RowWithoutFile(part, missing ? "missing" : "damaged"));
      *context.err << "varve: " << NamedError(part, file.status()) << '\n';
      ++damaged;
    }
  }
  PrintTable(table, options.output, context);
  if (options.output == OutputFormat::kTable) {
    for (size_t i = 0; i < sums.size(); ++i) {
      const auto kind = static_cast<SignalKind>(i + 1);
      PrintSum(sums[i], SignalKindName(kind), CountsNanoseconds(kind) ? "entries" : "samples",
               context);
    }
  }
  return DamageError(options, damaged, "list all parts of");
}

absl::Status RunPartsInspect(const PartsOptions& options, const CommandContext& context) {
  FileSystem* const files = FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const PartCatalog catalog, ReadPartCatalog(files, options.path));
  uint64_t damaged = 0;
  bool first = true;
  for (const PartPlace& part : catalog.parts) {
    const absl::StatusOr<std::string> text = InspectText(files, part);
    if (!text.ok()) {
      if (IsReplaced(files, catalog, part, text.status())) continue;
      *context.err << "varve: " << NamedError(part, text.status()) << '\n';
      ++damaged;
      continue;
    }
    *context.out << (first ? "" : "\n") << part.path << '\n' << *text;
    first = false;
  }
  return DamageError(options, damaged, "inspect all parts of");
}

absl::Status RunPartsVerify(const PartsOptions& options, const CommandContext& context) {
  FileSystem* const files = FileSystem::Posix();
  VARVE_ASSIGN_OR_RETURN(const PartCatalog catalog, ReadPartCatalog(files, options.path));
  uint64_t damaged = 0;
  uint64_t whole = 0;
  if (catalog.manifest_damaged) {
    *context.err << "varve: cannot read all of " << catalog.manifest_path
                 << ": a line does not verify\n";
    ++damaged;
  }
  for (const PartPlace& part : catalog.parts) {
    if (part.state == PartState::kUnlisted) continue;  // not read by anybody
    const absl::Status status = VerifyPart(files, part);
    if (status.ok()) {
      *context.out << "ok " << part.path << std::endl;  // at once: a large part takes seconds
      ++whole;
      continue;
    }
    if (IsReplaced(files, catalog, part, status)) continue;
    *context.err << "varve: " << NamedError(part, status) << std::endl;
    ++damaged;
  }
  if (damaged == 0) {
    *context.out << whole << (whole == 1 ? " part is whole\n" : " parts are whole\n");
  }
  return DamageError(options, damaged, "verify");
}

}  // namespace varve::tools
