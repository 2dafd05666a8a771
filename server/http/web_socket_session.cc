#include "server/http/web_socket_session.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "server/http/tcp_progress.h"

namespace varve::server {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

// A client of which nothing is seen kSilencesMax times is gone: after half a minute.
constexpr std::chrono::seconds kWatchInterval{10};
constexpr int kSilencesMax = 3;
constexpr uint64_t kPingBytes = 2;  // of a ping's frame, one in each interval
constexpr std::chrono::seconds kHandshakeMax{10};
// What clients of a feed have to say is nothing.
constexpr size_t kReceivedBytesMax = 64 << 10;

}  // namespace

WebSocketSession::WebSocketSession(asio::ip::tcp::socket socket, HttpLoop* loop,
                                   std::shared_ptr<WebSocketFeed> feed)
    : loop_(loop),
      stream_(std::move(socket)),
      feed_(std::move(feed)),
      due_(loop->context),
      watch_(loop->context) {
  loop_->shared->stats.connections.fetch_add(1);
}

WebSocketSession::~WebSocketSession() { loop_->shared->stats.connections.fetch_sub(1); }

void WebSocketSession::Start(UpgradeRequest request) {
  loop_->web_sockets.emplace(this, shared_from_this());
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = kHandshakeMax;
  timeouts.idle_timeout = websocket::stream_base::none();  // Watch knows of slow clients
  timeouts.keep_alive_pings = false;
  stream_.set_option(timeouts);
  stream_.control_callback([this](websocket::frame_type, std::string_view) { heard_ = true; });
  stream_.read_message_max(kReceivedBytesMax);
  stream_.text(true);
  stream_.auto_fragment(false);  // simple clients read one frame as one message
  const auto kept = std::make_shared<UpgradeRequest>(std::move(request));
  stream_.async_accept(*kept, [self = shared_from_this(), kept](const error_code& error) {
    if (self->closed_) return;
    if (error) return self->Close();
    self->started_ = true;
    const std::weak_ptr<WebSocketSession> weak = self;
    self->feed_->Start([weak, loop = self->loop_] {
      asio::post(loop->context, [weak] {
        if (const auto session = weak.lock()) session->Write();
      });
    });
    self->Read();
    self->Write();
    self->Watch();
  });
}

void WebSocketSession::Watch() {
  watch_.expires_after(kWatchInterval);
  watch_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || self->closed_) return;
    // A ping is answered by the client itself, but behind the frames that are on their way; and
    // what is confirmed of those is read, when the system's buffers are full.
    const uint64_t confirmed = ConfirmedBytes(self->stream_.next_layer().native_handle());
    const bool takes = confirmed > self->confirmed_bytes_ + kPingBytes;
    self->confirmed_bytes_ = confirmed;
    self->silent_ = std::exchange(self->heard_, false) || takes ? 0 : self->silent_ + 1;
    if (self->silent_ >= kSilencesMax) return self->Close();
    if (!self->pinging_) {
      self->pinging_ = true;
      self->stream_.async_ping({}, [self](const error_code& failed) {
        self->pinging_ = false;
        if (failed && !self->closed_) self->Close();
      });
    }
    self->Watch();
  });
}

void WebSocketSession::Read() {
  stream_.async_read(received_, [self = shared_from_this()](const error_code& error, size_t) {
    if (self->closed_) return;
    if (error) return self->Close();
    self->heard_ = true;
    self->received_.clear();
    self->Read();
  });
}

void WebSocketSession::Write() {
  if (writing_ || closed_ || !started_) return;
  std::optional<std::string> frame = feed_->NextFrame();
  if (!frame.has_value()) return WriteWhenDue();
  frame_ = *std::move(frame);
  writing_ = true;
  stream_.async_write(
      asio::buffer(frame_), [self = shared_from_this()](const error_code& error, size_t sent) {
        self->writing_ = false;
        if (self->closed_) return;
        if (error) return self->Close();
        self->loop_->shared->stats.sent_bytes_total.fetch_add(sent, std::memory_order_relaxed);
        self->Write();
      });
}

void WebSocketSession::WriteWhenDue() {
  const auto due = feed_->NextFrameDue();
  if (!due.has_value()) return;
  due_.expires_after(*due);  // in the place of an earlier one
  due_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const auto session = weak.lock()) session->Write();
  });
}

void WebSocketSession::Close() {
  if (closed_) return;
  closed_ = true;
  feed_->Stop();
  error_code ignored;
  due_.cancel(ignored);
  watch_.cancel(ignored);
  stream_.next_layer().close(ignored);
  loop_->web_sockets.erase(this);  // last: it may be what kept this object
}

}  // namespace varve::server
