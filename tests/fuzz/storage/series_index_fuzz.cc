// Any three sections as a series index: matching, labels and the deep check.
#include <cstdint>
#include <string_view>

#include "storage/encoding/byte_reader.h"
#include "storage/index/series_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  static const std::vector<Matcher> kMatchers = {
      Matcher::Create(MatchType::kRegex, "a", "b.*").value(), Matcher::NotEqual("b", "c")};
  ByteReader reader({reinterpret_cast<const char*>(data), size});
  SeriesIndexViews views;
  if (!reader.SizedBytes(&views.labels) || !reader.SizedBytes(&views.series)) return 0;
  views.postings = reader.rest();
  const auto index = SeriesIndex::Open(views);
  if (!index.ok()) return 0;
  (*index)->Match(kMatchers).IgnoreError();
  (*index)->LabelNames(std::vector<Matcher>{}).IgnoreError();
  (*index)->LabelValues("a").IgnoreError();
  if ((*index)->series_count() > 0) {
    const IdList ids = {0, (*index)->series_count() - 1};
    (*index)->LabelNames(ids).IgnoreError();
    (*index)->LabelValues("a", ids).IgnoreError();
    (*index)->Labels(ids[1]).IgnoreError();
  }
  (*index)->Verify().IgnoreError();
  return 0;
}
