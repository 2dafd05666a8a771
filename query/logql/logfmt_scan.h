// LogfmtScan: reads `key=value key="quoted value"` pairs.
//
// Threads:  one thread.
// Owns:     texts it had to unescape.
#ifndef QUERY_LOGQL_LOGFMT_SCAN_H_
#define QUERY_LOGQL_LOGFMT_SCAN_H_

#include <string>
#include <string_view>

namespace varve::query {

class LogfmtScan {
 public:
  explicit LogfmtScan(std::string_view line) : line_(line) {}

  enum class Step { kPair, kBroken, kEnd };
  // kBroken: a pair that cannot be read was skipped; error() says why.
  Step Next();

  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }  // valid until the next step
  // Where the line goes on behind the last step.
  size_t position() const { return at_; }
  // Whether value() is a view of something else than the line.
  bool value_is_copy() const { return value_is_copy_; }
  const std::string& error() const { return error_; }

 private:
  Step Broken(std::string_view what);
  Step Unexpected();
  Step ReadQuoted();

  std::string_view line_;
  size_t at_ = 0;
  std::string_view key_;
  std::string_view value_;
  bool value_is_copy_ = false;
  std::string buffer_;
  std::string error_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOGFMT_SCAN_H_
