// JsonNumberTexts: the digits that the numbers of a JSON document were written with, which a parser
// that makes doubles of them forgets.
//
// Threads:  immutable once made.
// Owns:     nothing of the document and its text: both outlive it.
#ifndef INGEST_JSON_NUMBER_TEXTS_H_
#define INGEST_JSON_NUMBER_TEXTS_H_

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace varve::ingest {

class JsonNumberTexts {
 public:
  // `text`: what `root` was parsed from.
  JsonNumberTexts(simdjson::dom::element root, std::string_view text);

  // A member's value without blanks. `key`: the member's, as the document has it.
  std::string Compact(std::string_view key, simdjson::dom::element value) const;

 private:
  void Count(simdjson::dom::element value, size_t* numbers);
  void Append(simdjson::dom::element value, size_t* number, std::string* out) const;

  std::vector<std::string_view> numbers_;  // in the order of the text
  // How many numbers stand before a member's value. Each key of a document lies somewhere else.
  absl::flat_hash_map<const char*, size_t> before_;
};

}  // namespace varve::ingest

#endif  // INGEST_JSON_NUMBER_TEXTS_H_
