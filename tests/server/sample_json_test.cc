#include "server/sample_json.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace varve::server {
namespace {

using storage::Sample;

// Each sample by itself.
std::string Reference(const std::vector<Sample>& samples) {
  std::string text = "[";
  for (const Sample& sample : samples) {
    if (text.size() > 1) text += ',';
    AppendSample(sample, &text);
  }
  return text + "]";
}

TEST_SUITE("server/sample_json") {
  TEST_CASE("a sample is its time in seconds and its value as a text") {
    std::string text;
    AppendSample({1435781451781, 0.5}, &text);
    CHECK(text == R"([1435781451.781,"0.5"])");
  }

  TEST_CASE("series of equal, other and odd times are written as their samples are") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    SampleTimes times;
    for (int series = 0; series < 300; ++series) {
      std::vector<Sample> samples;
      int64_t time_ms = 1'700'000'000'000 + static_cast<int64_t>(random() % 3) * 15'000;
      const size_t count = random() % 400;
      for (size_t i = 0; i < count; ++i) {
        double value = static_cast<double>(random() % 100'000) / 7;
        if (random() % 8 == 0) value = std::bit_cast<double>(random());
        if (random() % 8 == 0) value = std::floor(value);
        samples.push_back({time_ms, value});
        time_ms += random() % 50 == 0 ? 60'001 : 15'000;
      }
      if (random() % 10 == 0) samples.push_back({std::numeric_limits<int64_t>::min(), -1e-300});
      std::string text = "before";
      times.AppendSamples(samples, &text);
      REQUIRE(text == "before" + Reference(samples));
    }
  }
}

}  // namespace
}  // namespace varve::server
