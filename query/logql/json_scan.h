// JsonScan: reads JSON values out of a log line, as far as the line is JSON.
//
// Log lines are often cut off, so the scan hands out every member it can read before it reports
// what is wrong; it looks at no byte behind that, and does not insist on valid UTF-8. That is why
// it is not a validating parser's work.
//
// Threads:  one thread.
// Owns:     nothing; the values point into the line.
#ifndef QUERY_LOGQL_JSON_SCAN_H_
#define QUERY_LOGQL_JSON_SCAN_H_

#include <string>
#include <string_view>

namespace varve::query {

// The stage json takes no labels from objects nested deeper.
inline constexpr int kJsonObjectDepthMax = 64;

enum class JsonType { kString, kNumber, kBoolean, kNull, kObject, kArray };

struct JsonValue {
  JsonType type = JsonType::kNull;
  std::string_view text;  // of a string without the quotes, escapes as they stand
};

class JsonScan {
 public:
  explicit JsonScan(std::string_view text) : text_(text) {}

  // Steps into an object (array). False, with error(), where there is none.
  bool EnterObject();
  bool EnterArray();
  // The next member (element). False at the end, and with error() where the text is broken.
  bool NextMember(std::string_view* key, JsonValue* value);
  bool NextElement(JsonValue* value);

  // Empty where nothing was wrong. The texts are those Loki gives.
  std::string_view error() const { return error_; }

 private:
  bool Fail(std::string_view error);
  void SkipSpace();
  bool ReadString(std::string_view* text);
  bool ReadValue(JsonValue* value);
  bool ReadBlock(char open, char close, std::string_view* text);

  std::string_view text_;
  size_t at_ = 0;
  bool first_ = true;
  std::string_view error_;
};

// What a JSON string stands for; bytes that are not UTF-8 become spaces. `*buffer` is used only
// where something changes.
std::string_view UnescapeJson(std::string_view text, std::string* buffer);

}  // namespace varve::query

#endif  // QUERY_LOGQL_JSON_SCAN_H_
