#include "storage/encoding/lz4_codec.h"

#include <lz4.h>
#include <lz4hc.h>

#include <cassert>
#include <memory>

#include "storage/model/text.h"

namespace varve::storage {
namespace {

constexpr int kHighLevel = 6;
// LZ4 turns one byte into at most 255, so a block cannot stand for more than this.
constexpr size_t kExpansionMax = 255;

static_assert(kLz4RawBytesMax <= LZ4_MAX_INPUT_SIZE);

// Compresses behind what *out holds and cuts it to what was written.
template <typename CompressInto>
size_t AppendBlock(std::string_view raw, std::string* out, CompressInto compress_into) {
  assert(raw.size() <= kLz4RawBytesMax);
  const int raw_bytes = static_cast<int>(raw.size());
  const int block_bytes_max = LZ4_compressBound(raw_bytes);
  const size_t before = out->size();
  out->resize(before + static_cast<size_t>(block_bytes_max));
  const int written = compress_into(raw.data() == nullptr ? "" : raw.data(), out->data() + before,
                                    raw_bytes, block_bytes_max);
  assert(written > 0);  // the bound leaves room for the worst case
  out->resize(before + static_cast<size_t>(written));
  return static_cast<size_t>(written);
}

}  // namespace

size_t Lz4Compress(std::string_view raw, std::string* out) {
  return AppendBlock(raw, out, [](const char* from, char* to, int raw_bytes, int to_bytes) {
    return LZ4_compress_default(from, to, raw_bytes, to_bytes);
  });
}

size_t Lz4CompressHigh(std::string_view raw, std::string* out) {
  // 256 KiB of state: too much for a worker's stack, and slow to allocate for every block.
  thread_local std::unique_ptr<char[]> state(new char[static_cast<size_t>(LZ4_sizeofStateHC())]);
  return AppendBlock(raw, out, [](const char* from, char* to, int raw_bytes, int to_bytes) {
    return LZ4_compress_HC_extStateHC(state.get(), from, to, raw_bytes, to_bytes, kHighLevel);
  });
}

absl::Status Lz4Decompress(std::string_view block, size_t raw_bytes, char* out) {
  if (raw_bytes > kLz4RawBytesMax || block.size() > LZ4_COMPRESSBOUND(kLz4RawBytesMax)) {
    return absl::DataLossError(StrCat("cannot decompress lz4 block: ", raw_bytes, " bytes from ",
                                      block.size(), ", want at most ", kLz4RawBytesMax));
  }
  char nothing = 0;  // LZ4 refuses a null target even for an empty block
  const int written = LZ4_decompress_safe(
      block.data() == nullptr ? "" : block.data(), raw_bytes == 0 ? &nothing : out,
      static_cast<int>(block.size()), static_cast<int>(raw_bytes));
  if (written < 0 || static_cast<size_t>(written) != raw_bytes) {
    return absl::DataLossError(StrCat("cannot decompress lz4 block of ", block.size(),
                                      " bytes: result ", written, ", want ", raw_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status Lz4Decompress(std::string_view block, size_t raw_bytes, std::string* out) {
  // Checked before the buffer is made: a damaged size must not allocate.
  if (raw_bytes > kLz4RawBytesMax || raw_bytes > block.size() * kExpansionMax) {
    return absl::DataLossError(StrCat("cannot decompress lz4 block of ", block.size(),
                                      " bytes: it cannot hold ", raw_bytes, " bytes"));
  }
  out->resize(raw_bytes);
  absl::Status status = Lz4Decompress(block, raw_bytes, out->data());
  if (!status.ok()) out->clear();
  return status;
}

}  // namespace varve::storage
