// LabelJson writes label sets as JSON objects, one after the other, in the order of an answer: the
// labels in front and at the back that the set before had too are not looked at again.
//
// Threads:  one-thread.
// Owns:     the JSON of the last set; the set itself must stay as it is until the next one was
//           appended.
#ifndef SERVER_LABEL_JSON_H_
#define SERVER_LABEL_JSON_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/label_set.h"

namespace varve::server {

class LabelJson {
 public:
  // Prometheus writes the labels of series with two encoders: one that escapes for HTML (matrices)
  // and a plain one.
  enum class Escape { kHtml, kPlain };
  explicit LabelJson(Escape escape) : escape_(escape) {}

  // About what a label set takes as JSON, so that a long answer is not moved while it grows.
  static size_t EstimateBytes(storage::LabelSetView labels) {
    return labels.packed().size() * 3 / 2 + 16;
  }

  // Appends {"name":"value",...}
  void Append(storage::LabelSetView labels, std::string* out);

 private:
  // Where a label ends, in the packed set and in its JSON. The first one begins where {} is.
  struct Place {
    size_t packed = 0;
    size_t json = 1;
  };
  // Makes `packed`, whose first `same` bytes are those of the last set, the last set.
  void Change(std::string_view packed, size_t same);
  void Format(const storage::LabelView& label, std::string* json) const;

  const Escape escape_;
  std::string_view packed_;  // of the last set
  std::string json_ = "{";   // `{"name":"value",`...
  std::vector<Place> ends_;
  std::string changed_json_;  // kept for their memory
  std::vector<Place> changed_ends_;
};

}  // namespace varve::server

#endif  // SERVER_LABEL_JSON_H_
