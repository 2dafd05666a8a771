// Any bytes as a log block: every column is decoded or refused. The checksums are repaired first,
// so that the decoders behind them see damage too.
#include <cstdint>
#include <cstring>
#include <string>

#include "storage/io/crc32c.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_block_reader.h"

using namespace varve::storage;

namespace {

void ReadAll(const std::string& bytes) {
  const MemoryBlockBytes source(bytes);
  LogBlockReader reader;
  if (!reader.Open(&source).ok()) return;
  const bool messages = reader.LoadTimestamps().ok() && reader.LoadMessages().ok();
  if (reader.LoadStreams().ok()) {
    uint64_t sum = 0;
    for (const uint32_t entries : reader.stream_entries()) sum += entries;
    if (sum != reader.entries()) __builtin_trap();
  }
  const bool metadata = reader.LoadMetadata().ok();
  size_t total = 0;
  for (size_t i = 0; i < reader.entries(); ++i) {
    if (messages) total += reader.line(i).size();
    if (metadata && !LabelSetView::IsValidPacked(reader.metadata().Get(i).packed())) {
      __builtin_trap();
    }
  }
  if (messages && total != reader.messages().size()) __builtin_trap();
}

void Put(uint32_t value, size_t offset, std::string* bytes) {
  std::memcpy(bytes->data() + offset, &value, sizeof(value));
}

void RepairChecksums(std::string* bytes) {
  if (bytes->size() < kLogBlockHeaderBytes) return;
  const uint32_t seed = Crc32c(std::string_view(*bytes).substr(0, 52));
  size_t offset = kLogBlockHeaderBytes;
  for (size_t i = 0; i < kLogBlockGroups; ++i) {
    uint32_t length = 0;
    std::memcpy(&length, bytes->data() + 32 + 4 * i, sizeof(length));
    if (length > bytes->size() - offset) return;
    Put(Crc32c(std::string_view(*bytes).substr(offset, length), seed), 52 + 4 * i, bytes);
    offset += length;
  }
  Put(Crc32c(std::string_view(*bytes).substr(0, 72)), 72, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadAll(bytes);
  RepairChecksums(&bytes);
  ReadAll(bytes);
  return 0;
}
