// Any bytes as a block's index and as its tombstones. Their checksums are made right first, so that
// what lies behind them is reached.
#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/io/crc32c.h"
#include "tools/prometheus_block/block_index.h"
#include "tools/prometheus_block/tombstones.h"

namespace {

void PutBigEndian(uint32_t value, size_t at, std::string* bytes) {
  for (int i = 3; i >= 0; --i, value >>= 8)
    (*bytes)[at + static_cast<size_t>(i)] = static_cast<char>(value);
}

void Read(const std::string& bytes) {
  const auto index = varve::tools::BlockIndex::Parse(bytes, "fuzz");
  if (!index.ok()) return;
  varve::tools::BlockIndex::Cursor cursor(index->get());
  varve::tools::BlockSeries series;
  while (true) {
    const absl::StatusOr<bool> more = cursor.Next(&series);
    if (!more.ok() || !*more) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  Read(bytes);
  varve::tools::Tombstones::Parse(bytes, "fuzz").status().IgnoreError();
  constexpr size_t kContentsBytes = 52;
  if (size < kContentsBytes + 5) return 0;
  PutBigEndian(varve::storage::Crc32c(
                   std::string_view(bytes).substr(size - kContentsBytes, kContentsBytes - 4)),
               size - 4, &bytes);
  Read(bytes);
  PutBigEndian(varve::storage::Crc32c(std::string_view(bytes).substr(5, size - 9)), size - 4,
               &bytes);
  varve::tools::Tombstones::Parse(bytes, "fuzz").status().IgnoreError();
  return 0;
}
