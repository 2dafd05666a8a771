#include "storage/encoding/value_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/decimal.h"
#include "storage/encoding/gorilla.h"
#include "storage/encoding/integer_codec.h"
#include "storage/encoding/position_list.h"
#include "storage/encoding/value_chunk_format.h"
#include "storage/model/sample.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr std::array<std::string_view, kValueCodecCount> kNames = {
    "raw",  "constant",   "linear", "sparse", "decimal", "decimal_patched",
    "bits", "dictionary", "gorilla"};

absl::Status Damaged(const char* what, size_t count, size_t bytes) {
  return absl::DataLossError(StrCat("cannot decode value chunk of ", count, " values in ", bytes,
                                    " bytes: damaged ", what));
}

bool ReadConstant(unsigned kind, ByteReader* reader, double* value) {
  switch (static_cast<ConstantKind>(kind)) {
    case ConstantKind::kZero:
      *value = 0;
      return true;
    case ConstantKind::kOne:
      *value = 1;
      return true;
    case ConstantKind::kStale:
      *value = StaleMarker();
      return true;
    case ConstantKind::kRaw:
      return reader->F64(value);
    default: {
      int64_t integer = 0;
      if (!reader->ZigZag(&integer)) return false;
      FromDecimal({&integer, 1}, kind - static_cast<unsigned>(ConstantKind::kInteger), value);
      return true;
    }
  }
}

// The values of a chunk that are wanted: [begin, end), never none.
struct Window {
  size_t begin;
  size_t end;

  size_t size() const { return end - begin; }
  bool Contains(size_t position) const { return position >= begin && position < end; }
};

// Reads the exceptions of a decimal column into scratch: they are put in once the column is there.
struct Exceptions {
  std::vector<uint32_t> positions;
  ExceptionKind kind = ExceptionKind::kStale;
  double same = 0;
  std::string_view raw;

  bool Read(ByteReader* reader, size_t count) {
    uint8_t kind_byte = 0;
    if (!DecodePositions(reader, count, &positions) || !reader->U8(&kind_byte)) return false;
    kind = static_cast<ExceptionKind>(kind_byte);
    switch (kind) {
      case ExceptionKind::kStale:
        same = StaleMarker();
        return true;
      case ExceptionKind::kNegativeZero:
        same = -0.0;
        return true;
      case ExceptionKind::kSame:
        return reader->F64(&same);
      case ExceptionKind::kRaw:
        return reader->Bytes(positions.size() * sizeof(double), &raw);
    }
    return false;
  }

  void Patch(Window window, double* out) const {
    for (size_t i = 0; i < positions.size(); ++i) {
      if (!window.Contains(positions[i])) continue;
      double* const at = out + (positions[i] - window.begin);
      if (kind == ExceptionKind::kRaw) {
        std::memcpy(at, raw.data() + i * sizeof(double), sizeof(double));
      } else {
        *at = same;
      }
    }
  }
};

// Integers on their way to doubles; no decoder below holds them across a nested chunk.
int64_t* IntegerScratch(size_t count) {
  thread_local std::vector<int64_t> scratch;
  if (scratch.size() < count) scratch.resize(count);
  return scratch.data();
}

absl::Status DecodeDecimal(ByteReader reader, size_t count, unsigned digits, bool patched,
                           Window window, double* out) {
  thread_local Exceptions exceptions;
  const size_t bytes = reader.remaining();
  if (patched && !exceptions.Read(&reader, count)) return Damaged("exceptions", count, bytes);
  std::string_view in = reader.rest();
  int64_t* integers = IntegerScratch(count);
  VARVE_RETURN_IF_ERROR(DecodeIntegerRange(&in, count, window.begin, window.end, integers));
  if (!in.empty()) return Damaged("decimal chunk's end", count, bytes);
  FromDecimal({integers + window.begin, window.size()}, digits, out);
  if (patched) exceptions.Patch(window, out);
  return absl::OkStatus();
}

absl::Status DecodeLinear(ByteReader reader, size_t count, unsigned digits, Window window,
                          double* out) {
  int64_t first = 0;
  int64_t step = 0;
  if (!reader.ZigZag(&first) || !reader.ZigZag(&step) || !reader.AtEnd()) {
    return Damaged("line", count, reader.offset());
  }
  int64_t* integers = IntegerScratch(window.size());
  uint64_t value = static_cast<uint64_t>(first) + window.begin * static_cast<uint64_t>(step);
  for (size_t i = 0; i < window.size(); ++i, value += static_cast<uint64_t>(step)) {
    integers[i] = static_cast<int64_t>(value);
  }
  FromDecimal({integers, window.size()}, digits, out);
  return absl::OkStatus();
}

absl::Status DecodeBits(std::string_view in, size_t count, Window window, double* out) {
  const size_t bytes = in.size();
  int64_t* integers = IntegerScratch(count);
  VARVE_RETURN_IF_ERROR(DecodeIntegerRange(&in, count, window.begin, window.end, integers));
  if (!in.empty()) return Damaged("bits chunk's end", count, bytes);
  for (size_t i = window.begin; i < window.end; ++i) {
    *out++ = std::bit_cast<double>(OrderedBits(integers[i]));
  }
  return absl::OkStatus();
}

absl::Status DecodeChunk(std::string_view bytes, size_t count, int depth, Window window,
                         double* out);

absl::Status DecodeSparse(ByteReader reader, size_t count, int depth, Window window, double* out) {
  std::vector<uint32_t> changes;  // the last position of each run but the last one
  if (!DecodePositions(&reader, count - 1, &changes)) {
    return Damaged("positions", count, reader.offset());
  }
  const auto run_of = [&](size_t position) {
    return static_cast<size_t>(std::lower_bound(changes.begin(), changes.end(), position) -
                               changes.begin());
  };
  const Window wanted{run_of(window.begin), run_of(window.end - 1) + 1};
  std::vector<double> runs(wanted.size());
  VARVE_RETURN_IF_ERROR(
      DecodeChunk(reader.rest(), changes.size() + 1, depth + 1, wanted, runs.data()));
  size_t begin = window.begin;
  for (size_t run = wanted.begin; run < wanted.end; ++run) {
    const size_t end = run + 1 == wanted.end ? window.end : changes[run] + size_t{1};
    std::fill(out + (begin - window.begin), out + (end - window.begin), runs[run - wanted.begin]);
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status DecodeDictionary(ByteReader reader, size_t count, int depth, Window window,
                              double* out) {
  uint8_t distinct_count = 0;
  if (!reader.U8(&distinct_count) || distinct_count == 0 || distinct_count > kDictionaryCountMax) {
    return Damaged("dictionary size", count, reader.offset());
  }
  std::string_view in = reader.rest();
  std::vector<int64_t> indexes(count);
  VARVE_RETURN_IF_ERROR(DecodeIntegerRange(&in, count, window.begin, window.end, indexes.data()));
  std::array<double, kDictionaryCountMax> distinct{};
  VARVE_RETURN_IF_ERROR(
      DecodeChunk(in, distinct_count, depth + 1, {0, distinct_count}, distinct.data()));
  for (size_t i = window.begin; i < window.end; ++i) {
    const uint64_t index = static_cast<uint64_t>(indexes[i]);
    if (index >= distinct_count) return Damaged("dictionary index", count, reader.offset());
    *out++ = distinct[index];
  }
  return absl::OkStatus();
}

absl::Status DecodeGorilla(std::string_view in, size_t count, Window window, double* out) {
  if (window.size() == count) return DecodeGorillaValues(in, count, out);
  std::vector<double> values(count);
  VARVE_RETURN_IF_ERROR(DecodeGorillaValues(in, count, values.data()));
  std::copy_n(values.data() + window.begin, window.size(), out);
  return absl::OkStatus();
}

absl::Status DecodeChunk(std::string_view bytes, size_t count, int depth, Window window,
                         double* out) {
  ByteReader reader(bytes);
  uint8_t head = 0;
  if (depth >= kChunkDepthMax || !reader.U8(&head)) return Damaged("head", count, bytes.size());
  const unsigned parameter = head >> kCodecBits;
  switch (static_cast<ValueCodec>(head & kCodecMask)) {
    case ValueCodec::kRaw: {
      std::string_view raw;
      if (!reader.Bytes(count * sizeof(double), &raw) || !reader.AtEnd()) break;
      std::memcpy(out, raw.data() + window.begin * sizeof(double), window.size() * sizeof(double));
      return absl::OkStatus();
    }
    case ValueCodec::kConstant: {
      double value = 0;
      if (!ReadConstant(parameter, &reader, &value) || !reader.AtEnd()) break;
      std::fill_n(out, window.size(), value);
      return absl::OkStatus();
    }
    case ValueCodec::kLinear:
      return DecodeLinear(reader, count, parameter, window, out);
    case ValueCodec::kSparse:
      return DecodeSparse(reader, count, depth, window, out);
    case ValueCodec::kDecimal:
      return DecodeDecimal(reader, count, parameter, /*patched=*/false, window, out);
    case ValueCodec::kDecimalPatched:
      return DecodeDecimal(reader, count, parameter, /*patched=*/true, window, out);
    case ValueCodec::kBits:
      return DecodeBits(reader.rest(), count, window, out);
    case ValueCodec::kDictionary:
      return DecodeDictionary(reader, count, depth, window, out);
    case ValueCodec::kGorilla:
      return DecodeGorilla(reader.rest(), count, window, out);
  }
  return Damaged("codec or length", count, bytes.size());
}

}  // namespace

absl::Status DecodeValues(std::string_view bytes, size_t count, double* out) {
  if (count == 0) {
    return bytes.empty() ? absl::OkStatus() : Damaged("empty chunk", count, bytes.size());
  }
  return DecodeChunk(bytes, count, 0, {0, count}, out);
}

absl::Status DecodeValueRange(std::string_view bytes, size_t count, size_t begin, size_t end,
                              double* out) {
  if (begin >= end || end > count) {
    return absl::InvalidArgumentError(StrCat("cannot decode values ", begin, " to ", end,
                                             " of a chunk: want some of its ", count));
  }
  return DecodeChunk(bytes, count, 0, {begin, end}, out);
}

ValueCodec PeekCodec(std::string_view bytes) {
  if (bytes.empty()) return ValueCodec::kRaw;
  const unsigned codec = static_cast<uint8_t>(bytes[0]) & kCodecMask;
  return codec < kValueCodecCount ? static_cast<ValueCodec>(codec) : ValueCodec::kRaw;
}

std::string_view ValueCodecName(ValueCodec codec) {
  const size_t index = static_cast<size_t>(codec);
  return index < kNames.size() ? kNames[index] : "unknown";
}

}  // namespace varve::storage
