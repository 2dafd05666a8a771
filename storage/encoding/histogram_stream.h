// Histograms one behind the other, each told by what differs from the one before: for WAL records
// and for the head, where histograms come one at a time.
//
// A scrape of a histogram of 40 buckets takes some 50 bytes: one byte for each bucket that grew,
// one for each run of buckets that did not. The layout is written only when it changes.
//
// Threads:  thread-compatible.
// Owns:     encoder and decoder the last histogram, the encoder its bytes.
// Errors:   a damaged stream returns false.
// Format:   storage/docs/encoding_format.md, section 10
#ifndef STORAGE_ENCODING_HISTOGRAM_STREAM_H_
#define STORAGE_ENCODING_HISTOGRAM_STREAM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/encoding/byte_reader.h"
#include "storage/model/histogram.h"

namespace varve::storage {

class HistogramStreamEncoder {
 public:
  // REQUIRES: ValidateHistogram accepts it.
  void Append(const Histogram& histogram);
  // The next histogram's counts and sum are written without the last one's: it is of another
  // series. Its layout may still be the same.
  void Restart() { continues_ = false; }

  size_t count() const { return count_; }
  std::string_view bytes() const { return bytes_; }
  // The last one appended, also after Seal and Clear. REQUIRES: there was one.
  const Histogram& last() const { return last_; }
  // Gives the stream away and begins a new one.
  std::string Seal();
  void Clear();

 private:
  void AppendIntegers(const std::vector<int64_t>& integers, bool continues);
  void AppendFloats(const Histogram& histogram, bool continues);

  size_t count_ = 0;
  bool continues_ = false;
  bool last_is_integer_ = false;
  Histogram last_;
  std::vector<int64_t> last_integers_;  // count, zero count, positive and negative counts
  std::string bytes_;
};

class HistogramStreamDecoder {
 public:
  // `bytes` outlive the decoder.
  explicit HistogramStreamDecoder(std::string_view bytes) : reader_(bytes) {}

  // Moves to the next histogram; false when there is none that can be read.
  [[nodiscard]] bool Next();
  // REQUIRES: Next() was true.
  const Histogram& histogram() const { return histogram_; }
  bool AtEnd() const { return reader_.AtEnd(); }

 private:
  [[nodiscard]] bool ReadIntegers(bool continues);
  [[nodiscard]] bool ReadFloats(bool continues);

  ByteReader reader_;
  bool has_layout_ = false;
  bool is_integer_ = false;
  Histogram histogram_;
  std::vector<int64_t> integers_;
};

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_HISTOGRAM_STREAM_H_
