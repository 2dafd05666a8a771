// LabelJson writes label sets as JSON objects, one after the other, in the order of an answer:
// labels that the set before had at the same place are not escaped again.
//
// Threads:  one-thread.
// Owns:     the labels of the last set, packed and as JSON.
#ifndef SERVER_LABEL_JSON_H_
#define SERVER_LABEL_JSON_H_

#include <cstddef>
#include <string>
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

  // {"name":"value",...}
  void Append(storage::LabelSetView labels, std::string* out);

 private:
  struct Label {
    std::string packed;
    std::string name;
    std::string json;        // `"name":"value",`
    size_t value_begin = 0;  // in it
  };
  void Format(const storage::LabelView& label, Label* last) const;

  const Escape escape_;
  std::vector<Label> last_;
};

}  // namespace varve::server

#endif  // SERVER_LABEL_JSON_H_
