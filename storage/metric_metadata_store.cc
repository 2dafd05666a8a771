#include "storage/metric_metadata_store.h"

#include <algorithm>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/io/file_names.h"
#include "storage/io/file_system.h"
#include "storage/record_file.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::string_view kMagic = "VRVMETA1";

size_t BytesOf(const MetricMetadataStore::Description& description) {
  return description.type.size() + description.unit.size() + description.help.size();
}

void AppendFamily(const std::string& family,
                  const std::vector<MetricMetadataStore::Description>& descriptions,
                  std::string* out) {
  std::string payload;
  ByteWriter fields(&payload);
  fields.SizedBytes(family);
  fields.Varint(descriptions.size());
  for (const MetricMetadataStore::Description& description : descriptions) {
    fields.SizedBytes(description.type);
    fields.SizedBytes(description.unit);
    fields.SizedBytes(description.help);
  }
  AppendRecord(payload, out);
}

bool ReadFamily(std::string_view payload, MetricMetadataStore::Families* families) {
  ByteReader fields(payload);
  std::string_view family;
  uint64_t count = 0;
  if (!fields.SizedBytes(&family) || !fields.VarintUpTo(kMetadataPerFamilyMax, &count)) {
    return false;
  }
  std::vector<MetricMetadataStore::Description> descriptions;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view type;
    std::string_view unit;
    std::string_view help;
    if (!fields.SizedBytes(&type) || !fields.SizedBytes(&unit) || !fields.SizedBytes(&help)) {
      return false;
    }
    descriptions.push_back({std::string(type), std::string(unit), std::string(help)});
  }
  if (!fields.AtEnd()) return false;
  families->emplace_back(std::string(family), std::move(descriptions));
  return true;
}

}  // namespace

std::string EncodeMetadataFile(const MetricMetadataStore::Families& families) {
  std::string bytes(kMagic);
  for (const auto& [family, descriptions] : families) AppendFamily(family, descriptions, &bytes);
  return bytes;
}

MetadataFileContents DecodeMetadataFile(std::string_view bytes) {
  MetadataFileContents contents;
  contents.damaged = !VisitRecords(bytes, kMagic, [&](std::string_view payload) {
    return ReadFamily(payload, &contents.families);
  });
  return contents;
}

absl::Status MetricMetadataStore::Load(const StorageOptions& options) {
  files_ = options.files != nullptr ? options.files : FileSystem::Posix();
  path_ = JoinPath(options.path, kMetadataFileName);
  const absl::StatusOr<std::string> bytes = files_->ReadFile(path_);
  if (absl::IsNotFound(bytes.status())) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(bytes.status());
  MetadataFileContents contents = DecodeMetadataFile(*bytes);
  if (contents.damaged) VARVE_RETURN_IF_ERROR(SetAside(files_, options.path, kMetadataFileName));
  MutexLock lock(&mutex_);
  for (auto& [family, descriptions] : contents.families) {
    // The oldest first, so that the newest ends up in front.
    for (auto one = descriptions.rbegin(); one != descriptions.rend(); ++one) {
      AddOne({one->type, family, one->help, one->unit});
    }
  }
  changed_ = contents.damaged;
  return absl::OkStatus();
}

void MetricMetadataStore::AddOne(const MetricMetadata& one) {
  if (std::max({one.family.size(), one.help.size(), one.unit.size()}) > kMetadataTextBytesMax) {
    return;
  }
  auto found = families_.find(one.family);
  if (found != families_.end()) {
    std::vector<Description>& known = found->second;
    const auto same = std::find_if(known.begin(), known.end(), [&](const Description& old) {
      return old.type == one.type && old.unit == one.unit && old.help == one.help;
    });
    if (same == known.begin()) return;  // told again, as every minute
    if (same != known.end()) {
      std::rotate(known.begin(), same, same + 1);
      changed_ = true;
      return;
    }
  }
  Description description{std::string(one.type), std::string(one.unit), std::string(one.help)};
  if (bytes_ + one.family.size() + BytesOf(description) > kMetadataBytesMax) return;
  if (found == families_.end()) {
    if (families_.size() >= kMetadataFamiliesMax) return;
    found = families_.try_emplace(std::string(one.family)).first;
    bytes_ += one.family.size();
  }
  std::vector<Description>& known = found->second;
  bytes_ += BytesOf(description);
  known.insert(known.begin(), std::move(description));
  if (known.size() > kMetadataPerFamilyMax) {
    bytes_ -= BytesOf(known.back());
    known.pop_back();
  }
  changed_ = true;
}

void MetricMetadataStore::Add(const std::vector<MetricMetadata>& metadata) {
  if (metadata.empty()) return;
  MutexLock lock(&mutex_);
  for (const MetricMetadata& one : metadata) AddOne(one);
}

MetricMetadataStore::Families MetricMetadataStore::List(std::string_view family,
                                                        size_t limit) const {
  Families families;
  MutexLock lock(&mutex_);
  if (!family.empty()) {
    const auto found = families_.find(family);
    if (found != families_.end()) families.emplace_back(found->first, found->second);
    return families;
  }
  for (const auto& [name, descriptions] : families_) {
    if (limit > 0 && families.size() == limit) break;
    families.emplace_back(name, descriptions);
  }
  return families;
}

absl::Status MetricMetadataStore::Save() {
  if (files_ == nullptr) return absl::OkStatus();
  MutexLock save_lock(&save_mutex_);
  {
    MutexLock lock(&mutex_);
    if (!changed_) return absl::OkStatus();
    changed_ = false;
  }
  absl::Status saved = WriteFileAtomically(files_, path_, EncodeMetadataFile(List("", 0)));
  if (!saved.ok()) {
    MutexLock lock(&mutex_);
    changed_ = true;
  }
  return saved;
}

absl::Status MetricMetadataStore::SaveIfDue(int64_t now_ms) {
  {
    MutexLock lock(&mutex_);
    if (!changed_ || now_ms - last_save_ms_ < kMetadataSavePeriodMs) return absl::OkStatus();
    last_save_ms_ = now_ms;
  }
  return Save();
}

}  // namespace varve::storage
