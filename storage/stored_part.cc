#include "storage/stored_part.h"

#include <utility>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::StatusOr<PartReader> OpenReader(std::shared_ptr<PartFile> file) {
  switch (file->kind()) {
    case SignalKind::kMetrics:
    case SignalKind::kStartTimestamps: {
      VARVE_ASSIGN_OR_RETURN(std::shared_ptr<MetricPart> part, MetricPart::Open(std::move(file)));
      return PartReader(std::move(part));
    }
    case SignalKind::kLogs:
    case SignalKind::kExemplars: {
      VARVE_ASSIGN_OR_RETURN(LogPartPtr part, LogPart::Open(std::move(file)));
      return PartReader(std::move(part));
    }
    case SignalKind::kHistograms: {
      VARVE_ASSIGN_OR_RETURN(std::shared_ptr<HistogramPart> part,
                             HistogramPart::Open(std::move(file)));
      return PartReader(std::move(part));
    }
  }
  return absl::FailedPreconditionError(StrCat("cannot open part ", file->name(), ": holds ",
                                              SignalKindName(file->kind()),
                                              ", want a kind this version reads"));
}

}  // namespace

absl::StatusOr<const SeriesIndex*> IndexOf(const StoredPart& part) {
  if (const auto* metrics = std::get_if<std::shared_ptr<MetricPart>>(&part.reader)) {
    return (*metrics)->Index();
  }
  if (const auto* histograms = std::get_if<std::shared_ptr<HistogramPart>>(&part.reader)) {
    return (*histograms)->series().Index();
  }
  return &std::get<LogPartPtr>(part.reader)->index();
}

absl::StatusOr<StoredPartPtr> OpenStoredPart(FileSystem* files, const std::string& path) {
  auto part = std::make_shared<StoredPart>();
  part->summary.name = NameOf(path);
  const auto fields = ParsePartFileName(part->summary.name);
  if (!fields.has_value()) {
    return absl::DataLossError(StrCat("cannot open part ", path, ": not a part's name"));
  }
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<PartFile> file, PartFile::Open(files, path));
  part->summary.kind = file->kind();
  part->summary.metadata = file->metadata();
  part->summary.file_bytes = file->size();
  if (SignalKindOfName(fields->signal) != file->kind()) {
    return absl::DataLossError(StrCat("cannot open part ", path, ": holds ",
                                      SignalKindName(file->kind()), ", want ", fields->signal));
  }
  VARVE_ASSIGN_OR_RETURN(part->reader, OpenReader(std::move(file)));
  return part;
}

}  // namespace varve::storage
