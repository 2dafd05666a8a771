#include "benchmarks/end_to_end/answer_end.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace varve::benchmarks {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool AnswerEnd::ReadHead() {
  const std::string head = LowerCase(line_);
  std::from_chars(head.data() + std::min<size_t>(9, head.size()), head.data() + head.size(),
                  status_);
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  const size_t length = head.find(kLength);
  if (length != std::string::npos) {
    std::from_chars(head.data() + length + kLength.size(), head.data() + head.size(), left_);
    part_ = Part::kBody;
    return true;
  }
  part_ = Part::kChunkLine;
  return head.find("\r\ntransfer-encoding: chunked") != std::string::npos;
}

bool AnswerEnd::Take(std::string_view bytes) {
  while (true) {
    if (part_ == Part::kBody || part_ == Part::kChunk) {
      const size_t taken = std::min<uint64_t>(left_, bytes.size());
      left_ -= taken;
      bytes.remove_prefix(taken);
      if (left_ > 0) return false;
      if (part_ == Part::kBody) return true;
      part_ = Part::kChunkLine;
    }
    if (bytes.empty()) return false;
    const std::string_view end = part_ == Part::kHead ? "\r\n\r\n" : "\r\n";
    const size_t before = line_.size();
    line_.append(bytes);
    const size_t at = line_.find(end, before < end.size() ? 0 : before - end.size());
    if (at == std::string::npos) return false;
    bytes.remove_prefix(at + end.size() - before);
    line_.resize(at);
    if (part_ == Part::kHead) {
      if (!ReadHead()) {
        status_ = 0;
        return true;
      }
    } else if (part_ == Part::kChunkLine) {
      std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
      part_ = left_ == 0 ? Part::kTrailer : Part::kChunk;
      left_ += 2;
    } else if (line_.empty()) {
      return true;
    }
    line_.clear();
  }
}

}  // namespace varve::benchmarks
