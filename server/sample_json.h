// Samples as Prometheus writes them in JSON: [<seconds>,"<value>"], and native histograms in the
// place of the value.
//
// Threads:  functions without state; a SampleTimes belongs to one thread.
#ifndef SERVER_SAMPLE_JSON_H_
#define SERVER_SAMPLE_JSON_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/sample.h"

namespace varve::server {

// [1435781451.781,"1"]
void AppendSample(const storage::Sample& sample, std::string* out);
// [1435781451.781,{"count":"3","sum":"1.5","buckets":[...]}]
void AppendHistogramSample(int64_t timestamp_ms, const storage::Histogram& histogram,
                           std::string* out);

// The series of a range query have their points at the same steps: each step's time is formatted
// once, for the first series that has it at that place, and copied for the others.
class SampleTimes {
 public:
  // Appends `[<sample>,...]`.
  void AppendSamples(std::span<const storage::Sample> samples, std::string* out);

 private:
  static constexpr size_t kTextBytes = 32;
  struct Text {
    int64_t time_ms = 0;
    uint64_t length = 0;     // 0: not yet formatted
    char bytes[kTextBytes];  // `[<time>,"`
  };
  Text& Format(size_t place, int64_t time_ms);

  std::vector<Text> texts_;
  std::string buffer_;
};

}  // namespace varve::server

#endif  // SERVER_SAMPLE_JSON_H_
