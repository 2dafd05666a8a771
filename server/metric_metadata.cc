#include "server/metric_metadata.h"

#include <algorithm>

namespace varve::server {

void MetricMetadataStore::Add(const std::vector<ingest::MetricMetadata>& metadata) {
  if (metadata.empty()) return;
  storage::MutexLock lock(&mutex_);
  for (const ingest::MetricMetadata& one : metadata) {
    auto found = families_.find(one.family);
    if (found == families_.end()) {
      if (families_.size() >= kMetadataFamiliesMax) continue;
      found = families_.try_emplace(std::string(one.family)).first;
    }
    std::vector<Description>& known = found->second;
    Description description{std::string(one.type), std::string(one.unit), std::string(one.help)};
    const auto same = std::find(known.begin(), known.end(), description);
    if (same != known.end()) {
      std::rotate(known.begin(), same, same + 1);
      continue;
    }
    known.insert(known.begin(), std::move(description));
    if (known.size() > kMetadataPerFamilyMax) known.pop_back();
  }
}

MetricMetadataStore::Families MetricMetadataStore::List(std::string_view family,
                                                        size_t limit) const {
  Families families;
  storage::MutexLock lock(&mutex_);
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

}  // namespace varve::server
