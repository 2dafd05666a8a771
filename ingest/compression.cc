#include "ingest/compression.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "storage/model/text.h"

namespace varve::ingest {
namespace {

using storage::StrCat;

constexpr size_t kFirstBufferBytes = 64 << 10;
constexpr int kZstdWindowLogMax = 23;  // 8 MiB
constexpr int kAutoDetectGzipOrZlib = 15 + 32;
constexpr int kRawDeflate = -15;

absl::Status TooLarge(std::string_view format, size_t bytes_max) {
  return absl::InvalidArgumentError(StrCat("cannot decompress ", format, " body: more than ",
                                           bytes_max, " bytes, want at most ", bytes_max));
}

absl::Status Broken(std::string_view format, std::string_view reason) {
  return absl::InvalidArgumentError(StrCat("cannot decompress ", format, " body: ", reason));
}

// Doubles `*out` up to one byte beyond the limit, so that reaching it tells that it was exceeded.
void Grow(size_t bytes_max, std::string* out) {
  out->resize(std::min(std::max(out->size() * 2, kFirstBufferBytes), bytes_max + 1));
}

}  // namespace

absl::Status DecompressSnappy(std::string_view body, size_t bytes_max, std::string* out) {
  size_t declared_bytes = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &declared_bytes)) {
    return Broken("snappy", "no length at its front");
  }
  if (declared_bytes > bytes_max) return TooLarge("snappy", bytes_max);
  out->resize(declared_bytes);
  if (!snappy::RawUncompress(body.data(), body.size(), out->data())) {
    return Broken("snappy", "corrupt input");
  }
  return absl::OkStatus();
}

absl::Status DecompressGzip(std::string_view body, size_t bytes_max, std::string* out) {
  const auto byte = [&](size_t i) { return i < body.size() ? static_cast<uint8_t>(body[i]) : 0; };
  const bool gzip = byte(0) == 0x1f && byte(1) == 0x8b;
  const bool zlib = (byte(0) & 0x0f) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;

  z_stream stream = {};
  if (inflateInit2(&stream, gzip || zlib ? kAutoDetectGzipOrZlib : kRawDeflate) != Z_OK) {
    return absl::InternalError("cannot decompress gzip body: zlib did not start");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  out->clear();
  size_t filled = 0;
  while (true) {
    if (filled == out->size()) {
      if (filled > bytes_max) return TooLarge("gzip", bytes_max);
      Grow(bytes_max, out);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + filled);
    stream.avail_out = static_cast<uInt>(out->size() - filled);
    const int result = inflate(&stream, Z_NO_FLUSH);
    filled = out->size() - stream.avail_out;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (!gzip || inflateReset(&stream) != Z_OK) return Broken("gzip", "bytes behind its end");
    } else if (result != Z_OK && !(result == Z_BUF_ERROR && stream.avail_out == 0)) {
      return Broken("gzip", stream.avail_in == 0 ? "it ends too early" : "corrupt input");
    } else if (stream.avail_in == 0 && stream.avail_out > 0) {
      return Broken("gzip", "it ends too early");
    }
  }
  if (filled > bytes_max) return TooLarge("gzip", bytes_max);
  out->resize(filled);
  return absl::OkStatus();
}

absl::Status DecompressZstd(std::string_view body, size_t bytes_max, std::string* out) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  ZSTD_inBuffer input = {body.data(), body.size(), 0};
  out->clear();
  size_t filled = 0;
  size_t left = 1;
  while (input.pos < input.size || left != 0) {
    if (filled == out->size()) {
      if (filled > bytes_max) return TooLarge("zstd", bytes_max);
      Grow(bytes_max, out);
    }
    ZSTD_outBuffer output = {out->data(), out->size(), filled};
    const size_t consumed_before = input.pos;
    left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left)) return Broken("zstd", ZSTD_getErrorName(left));
    const bool progressed = output.pos > filled || input.pos > consumed_before;
    filled = output.pos;
    if (!progressed && input.pos == input.size && filled < out->size()) {
      return Broken("zstd", "it ends too early");
    }
  }
  if (filled > bytes_max) return TooLarge("zstd", bytes_max);
  out->resize(filled);
  return absl::OkStatus();
}

absl::Status Decompress(std::string_view content_encoding, std::string_view body, size_t bytes_max,
                        std::string* buffer, std::string_view* view) {
  absl::Status status;
  if (content_encoding.empty() || content_encoding == "identity") {
    if (body.size() > bytes_max) return TooLarge("plain", bytes_max);
    *view = body;
    return absl::OkStatus();
  }
  if (content_encoding == "snappy") {
    status = DecompressSnappy(body, bytes_max, buffer);
  } else if (content_encoding == "gzip" || content_encoding == "deflate") {
    status = DecompressGzip(body, bytes_max, buffer);
  } else if (content_encoding == "zstd") {
    status = DecompressZstd(body, bytes_max, buffer);
  } else {
    return absl::UnimplementedError(StrCat("cannot read body: content encoding ", content_encoding,
                                           ", want snappy, gzip, deflate, zstd or none"));
  }
  *view = *buffer;
  return status;
}

}  // namespace varve::ingest
