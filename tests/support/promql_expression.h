// Expressions that are correct in their types, made of random bytes.
//
// Threads:  functions without state.
#ifndef TESTS_SUPPORT_PROMQL_EXPRESSION_H_
#define TESTS_SUPPORT_PROMQL_EXPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace varve::tests {

// Takes bytes from the front of an input; zeros follow its end.
class ByteChoices {
 public:
  explicit ByteChoices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  size_t Below(size_t limit) { return Byte() % limit; }
  size_t size() const { return bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
};

// An expression at most `depth` operations deep over the metrics m, m_total and m_bucket with the
// labels a, b and le.
std::string ExpressionFromBytes(ByteChoices* choices, int depth);

}  // namespace varve::tests

#endif  // TESTS_SUPPORT_PROMQL_EXPRESSION_H_
