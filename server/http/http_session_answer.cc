// The half of HttpSession that sends answers: the head, then the body, whole or piece by piece.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>

#include "server/http/http_session.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// So much of an answer is handed to the kernel at once; then the other connections have a turn.
constexpr size_t kWriteTurnBytes = 512 << 10;
// Pieces of an answer that one system call takes.
constexpr size_t kWritePieces = 16;

// The Date header's text; made once a second on each thread.
std::string_view DateText() {
  thread_local time_t made_at = 0;
  thread_local std::array<char, 40> text{};
  thread_local size_t length = 0;
  const time_t now = std::time(nullptr);
  if (now != made_at) {
    tm utc{};
    gmtime_r(&now, &utc);
    length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    made_at = now;
  }
  return {text.data(), length};
}

bool IsCleanHeader(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

void HttpSession::BeginWrite(HttpResponse response) {
  const bool refused = state_ != State::kHandling || response.close;
  state_ = State::kWriting;
  source_ = head_ ? nullptr : std::move(response.source);
  executor_ = std::move(response.executor);
  of_write_ = response.of_write;
  DropHook();
  if (source_ == nullptr) cancelled_ = nullptr;
  chunked_ = source_ != nullptr && version_ == 11;
  if (source_ != nullptr && !chunked_) keep_alive_ = false;  // the end of the body is that of all
  ReleaseBody();
  keep_alive_ = keep_alive_ && !refused && !shared_->stopping.load();
  const bool has_body = response.status != 204 && response.status != 304;
  std::string head;
  storage::StrAppend(&head, "HTTP/1.1 ", response.status, " ", StatusText(response.status),
                     "\r\nDate: ", DateText(), "\r\n");
  if (!response.content_type.empty() && has_body) {
    storage::StrAppend(&head, "Content-Type: ", response.content_type,
                       "\r\nX-Content-Type-Options: nosniff\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    if (IsCleanHeader(name) && IsCleanHeader(value)) {
      storage::StrAppend(&head, name, ": ", value, "\r\n");
    }
  }
  if (chunked_) {
    storage::StrAppend(&head, "Transfer-Encoding: chunked\r\n");
  } else if (has_body && source_ == nullptr) {
    storage::StrAppend(&head, "Content-Length: ", response.body_bytes(), "\r\n");
  }
  if (!keep_alive_) {
    storage::StrAppend(&head, "Connection: close\r\n");
  } else if (version_ == 10) {
    storage::StrAppend(&head, "Connection: keep-alive\r\n");
  }
  head += "\r\n";
  out_.clear();
  out_at_ = 0;
  out_sent_ = 0;
  out_.push_back(std::move(head));
  if (source_ != nullptr) {
    response.JoinBody();
    StartPiece(std::move(response.body));
    return;
  }
  if (has_body && !head_) {
    for (std::string& piece : response.front) out_.push_back(std::move(piece));
    out_.push_back(std::move(response.body));
  }
  ContinueWrite();
}

void HttpSession::StartPiece(std::string piece) {
  // An empty chunk is the end: an empty first piece is none.
  const bool is_none = piece.empty() && source_ != nullptr;
  if (chunked_ && !is_none) {
    out_.push_back(storage::StrCat(absl::Hex(piece.size()), "\r\n"));
    out_.push_back(std::move(piece));
    out_.emplace_back("\r\n");
  } else {
    out_.push_back(std::move(piece));
  }
  ContinueWrite();
}

void HttpSession::ProducePiece() {
  state_ = State::kProducing;
  deadline_ = Clock::time_point::max();
  out_.clear();
  out_at_ = 0;
  out_sent_ = 0;
  auto produce = [self = shared_from_this(), source = source_] {
    std::string piece;
    absl::Status status = source->Next(&piece);
    asio::post(self->loop_->context,
               [self, status = std::move(status), made = std::move(piece)]() mutable {
                 self->OnPiece(status, std::move(made));
               });
  };
  executor_ ? executor_(std::move(produce)) : produce();
}

void HttpSession::OnPiece(const absl::Status& status, std::string piece) {
  if (state_ != State::kProducing) return;
  if (!status.ok()) {
    Close();
    return;
  }
  state_ = State::kWriting;
  if (piece.empty()) {
    source_ = nullptr;
    cancelled_ = nullptr;
  }
  StartPiece(std::move(piece));
}

void HttpSession::ContinueWrite() {
  size_t turn_bytes = 0;
  while (out_at_ < out_.size()) {
    if (turn_bytes >= kWriteTurnBytes) {
      SetDeadline(shared_->options.stall_timeout_ms);
      asio::post(loop_->context, [self = shared_from_this()] {
        if (self->state_ == State::kWriting) self->ContinueWrite();
      });
      return;
    }
    std::array<asio::const_buffer, kWritePieces> buffers;
    size_t skip = out_sent_;
    size_t room = kWriteTurnBytes;
    for (size_t i = 0; i < kWritePieces && out_at_ + i < out_.size() && room > 0; ++i, skip = 0) {
      const std::string& piece = out_[out_at_ + i];
      const size_t bytes = std::min(piece.size() - skip, room);
      buffers[i] = asio::const_buffer(piece.data() + skip, bytes);
      room -= bytes;
    }
    error_code error;
    const size_t sent = socket_.write_some(buffers, error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      SetDeadline(shared_->options.stall_timeout_ms);
      socket_.async_wait(asio::ip::tcp::socket::wait_write,
                         [self = shared_from_this()](const error_code& failed) {
                           if (!failed && self->state_ == State::kWriting) self->ContinueWrite();
                         });
      return;
    }
    if (error) {
      Close();
      return;
    }
    out_sent_ += sent;
    turn_bytes += sent;
    while (out_at_ < out_.size() && out_sent_ >= out_[out_at_].size()) {
      out_sent_ -= out_[out_at_].size();
      out_[out_at_++] = {};
    }
    shared_->stats.sent_bytes_total.fetch_add(sent, std::memory_order_relaxed);
  }
  source_ != nullptr ? ProducePiece() : FinishRequest();
}

void HttpSession::FinishRequest() {
  EndRequest();
  out_ = {};
  parser_.reset();
  if (!keep_alive_) {
    Linger();
    return;
  }
  state_ = State::kIdle;
  phase_start_ = Clock::now();
  SetDeadline(shared_->options.idle_timeout_ms);
  if (!pending_.empty()) ParsePending();
  // What a client sent before it closed its side has been answered; nothing more can come.
  if (end_of_file_ && (state_ == State::kIdle || state_ == State::kReading)) {
    Close();
    return;
  }
  if (state_ == State::kIdle && shared_->stopping.load()) {
    Close();
    return;
  }
  if (state_ == State::kIdle && of_write_ && loop_->for_writers != nullptr &&
      MoveTo(loop_->for_writers)) {
    return;
  }
  WaitReadable();
}

bool HttpSession::MoveTo(HttpLoop* loop) {
  if (!pending_.empty()) return false;
  error_code error;
  const auto protocol = socket_.local_endpoint(error).protocol();
  if (error) return false;
  const auto descriptor = socket_.release(error);  // ends the wait for it to become readable
  if (error) return false;
  asio::ip::tcp::socket socket(loop->context);
  socket.assign(protocol, descriptor, error);
  if (error) {
    ::close(descriptor);
  } else {
    moved_ = true;
    asio::post(loop->context, [loop, moved = std::move(socket)]() mutable {
      const auto session = std::make_shared<HttpSession>(std::move(moved), loop);
      if (!loop->shared->stopping.load()) session->Start();
    });
  }
  Close();
  return true;
}

}  // namespace varve::server
