// Bytes written by format version 1, which every later version reads. VARVE_WRITE_GOLDEN=1 writes
// them anew: only for a new version of the format.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "storage/encoding/gorilla.h"
#include "storage/encoding/timestamp_codec.h"
#include "storage/encoding/value_codec.h"
#include "storage/model/sample.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr char kFolder[] = "tests/golden/encoding_v1/";

std::string Golden(const std::string& name, const std::string& fresh) {
  return test::GoldenFile(kFolder + name + ".bin", fresh);
}

// Small numbers without a pattern, the same on every machine.
uint32_t Noise(size_t i) {
  uint32_t hash = static_cast<uint32_t>(i) * 2654435761u;
  hash ^= hash >> 15;
  hash *= 2246822519u;
  return hash ^ hash >> 13;
}

std::vector<double> Values(size_t count, const std::function<double(size_t)>& value) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(value(i));
  return values;
}

struct ValueCase {
  std::string name;
  ValueCodec codec;
  std::vector<double> values;
};

std::vector<ValueCase> ValueCases() {
  double counter = 100;
  double sum = 10;
  auto stale_end = Values(40, [](size_t i) { return 20.5 + Noise(i) % 50 / 100.0; });
  stale_end.back() = StaleMarker();
  auto odd = Values(60, [](size_t i) { return Noise(i) % 64; });
  odd[10] = -0.0;
  odd[30] = INFINITY;
  const double raw[] = {1.1e-300, -2.2e300, 3.3e-5, 1.0 / 3};
  return {
      {"constant_zero", ValueCodec::kConstant, {0, 0, 0}},
      {"constant_decimal", ValueCodec::kConstant, {-12.25, -12.25}},
      {"constant_raw", ValueCodec::kConstant, {-0.0}},
      {"linear", ValueCodec::kLinear, Values(5, [](size_t i) { return 100 + 2.5 * i; })},
      {"sparse", ValueCodec::kSparse,
       Values(120, [](size_t i) { return i < 37 || i >= 90 ? 1 : 0; })},
      {"decimal_frame", ValueCodec::kDecimal, Values(20, [](size_t i) { return Noise(i) % 16; })},
      {"decimal_delta", ValueCodec::kDecimal,
       Values(120, [&](size_t i) { return counter += Noise(i) % 21; })},
      {"decimal_scaled", ValueCodec::kDecimal,
       Values(40, [](size_t i) { return 4096.0 * (1000 + Noise(i) % 100); })},
      {"decimal_patched_stale", ValueCodec::kDecimalPatched, stale_end},
      {"decimal_patched_raw", ValueCodec::kDecimalPatched, odd},
      {"bits", ValueCodec::kBits,
       Values(50, [&](size_t i) { return sum += std::sqrt(2.0 + Noise(i) % 100); })},
      {"dictionary", ValueCodec::kDictionary,
       Values(100, [](size_t i) { return std::sqrt(2.0 + Noise(i) % 4); })},
      {"irregular", ValueCodec::kRaw, Values(4, [&](size_t i) { return raw[i]; })},
  };
}

TEST_SUITE("storage/encoding/golden") {
  TEST_CASE("value chunks of version 1 decode to what was written") {
    for (const ValueCase& golden : ValueCases()) {
      CAPTURE(golden.name);
      std::string fresh;
      CHECK(EncodeValues(golden.values, &fresh) == golden.codec);
      const std::string bytes = Golden("values_" + golden.name, fresh);
      std::vector<double> decoded(golden.values.size());
      REQUIRE(DecodeValues(bytes, decoded.size(), decoded.data()).ok());
      CHECK(std::memcmp(decoded.data(), golden.values.data(), decoded.size() * sizeof(double)) ==
            0);
      CHECK(PeekCodec(bytes) == golden.codec);
    }
  }

  TEST_CASE("timestamp columns of version 1 decode to what was written") {
    const int64_t start_ms = 1'700'000'000'000;
    std::vector<int64_t> regular, jitter, gaps, logs_ns;
    for (int64_t i = 0; i < 120; ++i) {
      const int64_t noise = Noise(static_cast<size_t>(i));
      regular.push_back(start_ms + i * 15'000);
      jitter.push_back(start_ms + i * 15'000 + noise % 7);
      gaps.push_back(start_ms + (i + i / 50) * 15'000);
      logs_ns.push_back((logs_ns.empty() ? start_ms * 1'000'000 : logs_ns.back()) +
                        noise % 4 * 1'000'000);
    }
    const std::pair<std::string, std::vector<int64_t>> cases[] = {
        {"regular", regular}, {"jitter", jitter}, {"gaps", gaps}, {"logs_ns", logs_ns}};
    for (const auto& [name, timestamps] : cases) {
      CAPTURE(name);
      std::string fresh;
      EncodeTimestamps(timestamps, &fresh);
      const std::string bytes = Golden("timestamps_" + name, fresh);
      std::string_view in = bytes;
      std::vector<int64_t> decoded;
      REQUIRE(DecodeTimestamps(&in, timestamps.size(), &decoded).ok());
      CHECK(decoded == timestamps);
      CHECK(in.empty());
    }
  }

  TEST_CASE("the worked examples of encoding_format.md are what is written") {
    const auto hex = [](std::string_view bytes) {
      std::string text;
      for (const char byte : bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        if (!text.empty()) text += ' ';
        text += kDigits[static_cast<uint8_t>(byte) >> 4];
        text += kDigits[static_cast<uint8_t>(byte) & 15];
      }
      return text;
    };
    const auto values = [&](const std::vector<double>& chunk) {
      std::string bytes;
      EncodeValues(chunk, &bytes);
      return hex(bytes);
    };
    CHECK(values({-12.25, -12.25}) == "51 91 13");
    CHECK(values({100, 102.5, 105, 107.5, 110}) == "12 d0 0f 32");
    CHECK(values({3, 1, 4, 1, 5, 9, 2, 6}) == "04 02 04 02 02 03 84 51");
    CHECK(values({100, 103, 104, 108, 109, 114, 123, 125}) == "04 03 c8 01 04 02 02 03 84 01");
    CHECK(values(Values(120, [](size_t i) {
            return i < 37 ? 1 : i < 90 ? 0 : 1;
          })) == "03 25 12 29 04 02 01 00 05");
    GorillaEncoder encoder;
    encoder.Append(1000, 1);
    encoder.Append(2000, 1);
    encoder.Append(3000, 1);
    encoder.Append(4000, 2);
    CHECK(hex(encoder.bytes()) == "d0 0f d3 c9 ff 07 7d 28 ad fc 1f");
  }

  TEST_CASE("the open chunk of version 1 decodes to what was appended") {
    std::vector<int64_t> timestamps_ms;
    std::vector<double> values;
    GorillaEncoder encoder;
    for (size_t i = 0; i < 60; ++i) {
      timestamps_ms.push_back(1'700'000'000'000 + static_cast<int64_t>(i) * 15'000 +
                              (i % 5 == 0 ? Noise(i) % 100 : 0));
      values.push_back(i == 20 ? StaleMarker() : i % 3 == 0 ? std::sqrt(i) : std::floor(i / 9.0));
      encoder.Append(timestamps_ms.back(), values.back());
    }
    const std::string bytes = Golden("gorilla", encoder.Seal());
    std::vector<int64_t> decoded_timestamps_ms(60);
    std::vector<double> decoded(60);
    REQUIRE(DecodeGorilla(bytes, 60, decoded_timestamps_ms.data(), decoded.data()).ok());
    CHECK(decoded_timestamps_ms == timestamps_ms);
    CHECK(std::memcmp(decoded.data(), values.data(), 60 * sizeof(double)) == 0);
  }
}

}  // namespace
}  // namespace varve::storage
