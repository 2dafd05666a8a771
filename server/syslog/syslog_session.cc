#include "server/syslog/syslog_session.h"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "absl/time/clock.h"

namespace varve::server {

using boost::system::error_code;
using Clock = std::chrono::steady_clock;

SyslogSession::SyslogSession(boost::asio::ip::tcp::socket socket,
                             const SyslogListenerOptions* options, SyslogQueue* queue,
                             SyslogCounters* counters, OnEnd on_end)
    : socket_(std::move(socket)),
      idle_timer_(socket_.get_executor()),
      options_(*options),
      queue_(*queue),
      counters_(*counters),
      on_end_(std::move(on_end)),
      source_(std::make_shared<SyslogSource>()),
      frames_(options->message_bytes_max),
      buffer_(std::make_unique<std::array<char, kReadBytes>>()),
      read_at_(Clock::now()) {}

void SyslogSession::Start() {
  error_code error;
  source_->protocol = SyslogProtocol::kTcp;
  boost::asio::ip::address address = socket_.remote_endpoint(error).address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  source_->address = address.to_string();
  socket_.set_option(boost::asio::socket_base::keep_alive(true), error);
  WatchIdle();
  Read();
}

void SyslogSession::Read() {
  socket_.async_read_some(boost::asio::buffer(*buffer_),
                          [self = shared_from_this()](const error_code& error, size_t bytes) {
                            self->OnRead(error, bytes);
                          });
}

void SyslogSession::OnRead(const error_code& error, size_t bytes) {
  if (ended_) return;
  frames_.Append({buffer_->data(), bytes});
  if (error) {
    Drain(true);
    return End();
  }
  read_at_ = Clock::now();
  if (Drain(false)) {
    Read();
  } else {
    paused_ = true;
  }
}

void SyslogSession::Resume() {
  if (!paused_ || ended_ || !Drain(false)) return;
  paused_ = false;
  read_at_ = Clock::now();
  Read();
}

bool SyslogSession::Drain(bool whatever_room) {
  std::string_view message;
  while (whatever_room || queue_.HasRoom(*source_)) {
    if (frames_.Next(&message)) {
      Push(message);
      continue;
    }
    if (whatever_room && frames_.Last(&message)) Push(message);
    return true;
  }
  return false;
}

void SyslogSession::Push(std::string_view message) {
  counters_.received(SyslogProtocol::kTcp)->Add();
  if (frames_.truncated() > truncated_told_) {
    counters_.truncated(SyslogProtocol::kTcp)->Add(frames_.truncated() - truncated_told_);
    truncated_told_ = frames_.truncated();
  }
  queue_.Push(source_, message, absl::GetCurrentTimeNanos());
}

void SyslogSession::WatchIdle() {
  idle_timer_.expires_at(read_at_ + std::chrono::milliseconds(options_.idle_timeout_ms));
  idle_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || self->ended_) return;
    const auto idle = Clock::now() - self->read_at_;
    // One that waits for room is not idle.
    if (!self->paused_ && idle >= std::chrono::milliseconds(self->options_.idle_timeout_ms)) {
      return self->Close();
    }
    if (self->paused_) self->read_at_ = Clock::now();
    self->WatchIdle();
  });
}

void SyslogSession::Close() {
  if (ended_) return;
  // What lies in the kernel's buffer has been acknowledged to the sender.
  error_code error;
  socket_.non_blocking(true, error);
  size_t taken = 0;
  while (!error && taken < options_.source_bytes_max) {
    const size_t bytes = socket_.read_some(boost::asio::buffer(*buffer_), error);
    if (error) break;
    taken += bytes;
    frames_.Append({buffer_->data(), bytes});
    Drain(true);
  }
  Drain(true);
  End();
}

void SyslogSession::End() {
  if (ended_) return;
  ended_ = true;
  idle_timer_.cancel();
  error_code ignored;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  on_end_(this);
}

}  // namespace varve::server
