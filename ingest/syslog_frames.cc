#include "ingest/syslog_frames.h"

#include <algorithm>
#include <cstdint>

namespace varve::ingest {
namespace {

constexpr size_t kCountDigitsMax = 9;
constexpr std::string_view kLineEnds{"\n\0", 2};

enum class Header { kCounted, kLine, kUnfinished };

// Whether `123 <` begins here: a line of text that only begins with a number is a line.
Header ReadHeader(std::string_view text, size_t* header_bytes, size_t* message_bytes) {
  size_t at = 0;
  size_t count = 0;
  while (at < text.size() && at < kCountDigitsMax && text[at] >= '0' && text[at] <= '9') {
    count = count * 10 + static_cast<size_t>(text[at] - '0');
    ++at;
  }
  if (at == 0 && !text.empty()) return Header::kLine;
  if (text.size() > 0 && text[0] == '0') return Header::kLine;
  if (at < text.size() && text[at] != ' ') return Header::kLine;
  if (at + 1 < text.size() && text[at + 1] != '<') return Header::kLine;
  if (at + 1 >= text.size()) return Header::kUnfinished;
  *header_bytes = at + 1;
  *message_bytes = count;
  return Header::kCounted;
}

std::string_view WithoutReturn(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

void SyslogFrames::Append(std::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_.append(bytes);
}

bool SyslogFrames::Next(std::string_view* message) {
  while (true) {
    if (skip_bytes_ > 0) {
      const size_t skipped = std::min(skip_bytes_, rest().size());
      begin_ += skipped;
      skip_bytes_ -= skipped;
      if (skip_bytes_ > 0) return false;
    }
    if (skip_line_) {
      const size_t end = rest().find_first_of(kLineEnds);
      if (end == std::string_view::npos) {
        begin_ = buffer_.size();
        return false;
      }
      begin_ += end + 1;
      skip_line_ = false;
    }
    if (rest().empty()) return false;
    // Line ends may follow a counted message; empty lines are nothing.
    if (scanned_ == 0 && kLineEnds.find(rest().front()) != std::string_view::npos) {
      ++begin_;
      continue;
    }
    size_t header_bytes = 0;
    size_t message_bytes = 0;
    const Header header =
        scanned_ > 0 ? Header::kLine : ReadHeader(rest(), &header_bytes, &message_bytes);
    if (header == Header::kUnfinished) return false;
    if (header == Header::kCounted) return NextCounted(header_bytes, message_bytes, message);
    if (!NextLine(message)) return false;
    if (!message->empty()) return true;
  }
}

bool SyslogFrames::NextCounted(size_t header_bytes, size_t message_bytes,
                               std::string_view* message) {
  const size_t kept = std::min(message_bytes, message_bytes_max_);
  if (rest().size() < header_bytes + kept) return false;
  *message = rest().substr(header_bytes, kept);
  begin_ += header_bytes + kept;
  if (kept < message_bytes) {
    ++truncated_;
    skip_bytes_ = message_bytes - kept;
  }
  while (!message->empty() && kLineEnds.find(message->back()) != std::string_view::npos) {
    message->remove_suffix(1);
  }
  return true;
}

bool SyslogFrames::NextLine(std::string_view* message) {
  const size_t end = rest().find_first_of(kLineEnds, scanned_);
  if (end == std::string_view::npos && rest().size() <= message_bytes_max_) {
    scanned_ = rest().size();
    return false;
  }
  scanned_ = 0;
  if (end == std::string_view::npos || end > message_bytes_max_) {
    *message = rest().substr(0, message_bytes_max_);
    begin_ += message_bytes_max_;
    ++truncated_;
    skip_line_ = true;
    return true;
  }
  *message = WithoutReturn(rest().substr(0, end));
  begin_ += end + 1;
  return true;
}

bool SyslogFrames::Last(std::string_view* message) {
  if (skip_bytes_ > 0 || skip_line_ || rest().empty()) return false;
  *message = WithoutReturn(rest().substr(0, message_bytes_max_));
  begin_ = buffer_.size();
  scanned_ = 0;
  return !message->empty();
}

std::string_view SyslogDatagram(std::string_view bytes) {
  while (!bytes.empty() && kLineEnds.find(bytes.back()) != std::string_view::npos) {
    bytes.remove_suffix(1);
  }
  return bytes;
}

}  // namespace varve::ingest
