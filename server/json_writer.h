// JsonWriter: appends JSON to a string, with Go's escaping, which is what the clients were tested
// with: `<`, `>`, `&`, U+2028 and U+2029 as \u003c and so on, bytes that are not UTF-8 as \ufffd.
//
// Commas are put where they belong; balance is the caller's business.
// A long answer need not lie in one piece: with a `front`, what was written in pieces by several
// threads goes there, and `out` goes on behind it.
//
// Threads:  one thread.
// Owns:     nothing; `out` and `front` outlive the writer.
#ifndef SERVER_JSON_WRITER_H_
#define SERVER_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/label_set.h"

namespace varve::server {

// `"text"` with its escapes.
void AppendJsonString(std::string_view text, std::string* out);
// The same, but `<`, `>`, `&`, U+2028 and U+2029 stand for themselves.
void AppendPlainJsonString(std::string_view text, std::string* out);
// Copies `"text"` to `at` and returns where it ends; nullptr, and what lies there is undefined, if
// there is something to escape, plainly or (`html`) not. REQUIRES: room for it.
char* CopyUnescapedJsonString(std::string_view text, bool html, char* at);

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out, std::vector<std::string>* front = nullptr)
      : out_(out), front_(front) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);
  void String(std::string_view text);
  void Int(int64_t value);
  void Uint(uint64_t value);
  void Double(double value);  // a JSON number as Go's encoding/json prints it
  void Bool(bool value);
  void Null();
  // A value that is JSON already.
  void Raw(std::string_view json);

  // Values that are JSON already, each piece one or several with commas between them.
  void Pieces(std::vector<std::string> pieces);

  // {"name":"value",...}
  void Labels(storage::LabelSetView labels);
  // The same with plain strings: Prometheus writes the labels of series with another encoder.
  void PlainLabels(storage::LabelSetView labels);
  void Strings(const std::vector<std::string>& texts);

  // Where a caller appends a value of its own: call Separate first.
  std::string* out() { return out_; }
  void Separate() {
    if (need_comma_) out_->push_back(',');
    need_comma_ = true;
  }

 private:
  void Open(char c) {
    Separate();
    out_->push_back(c);
    need_comma_ = false;
  }
  void Close(char c) {
    out_->push_back(c);
    need_comma_ = true;
  }

  std::string* out_;
  std::vector<std::string>* front_;
  bool need_comma_ = false;
};

}  // namespace varve::server

#endif  // SERVER_JSON_WRITER_H_
