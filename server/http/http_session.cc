#include "server/http/http_session.h"

#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "server/http/web_socket_session.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kScratchBytes = 256 << 10;
// Requests that were sent before the earlier ones were answered wait here; beyond it the socket is
// not read, and the kernel holds the client back.
constexpr size_t kPipelinedBytesMax = 1 << 20;
// How long, after a refusal, what the client still sends is thrown away, so that the reset which a
// close with unread data causes does not overtake the answer.
constexpr int64_t kLingerMs = 2'000;

std::string_view ToStd(boost::beast::string_view text) { return {text.data(), text.size()}; }

// http://host/path?query -> /path?query; anything else stays.
std::string_view OriginForm(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) {
      const size_t slash = target.find('/', scheme.size());
      return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
  }
  return target;
}

std::string_view PathOf(std::string_view target) {
  target = OriginForm(target);
  return target.substr(0, std::min(target.find('?'), target.size()));
}

}  // namespace

HttpLoop::HttpLoop(HttpShared* all) : shared(all), scratch(kScratchBytes) {}

void HttpLoop::CloseSessions(bool only_idle) {
  std::vector<std::shared_ptr<HttpSession>> open;
  for (const auto& [session, owner] : sessions) open.push_back(owner);
  for (const std::shared_ptr<HttpSession>& session : open) {
    only_idle ? session->CloseIfIdle() : session->Close();
  }
  // A feed never ends by itself.
  std::vector<std::shared_ptr<WebSocketSession>> feeds;
  for (const auto& [session, owner] : web_sockets) feeds.push_back(owner);
  for (const std::shared_ptr<WebSocketSession>& feed : feeds) feed->Close();
}

HttpSession::HttpSession(asio::ip::tcp::socket socket, HttpLoop* loop)
    : loop_(loop),
      shared_(loop->shared),
      socket_(std::move(socket)),
      timer_(loop->context),
      phase_start_(Clock::now()) {}

HttpSession::~HttpSession() {
  if (!moved_) shared_->stats.connections.fetch_sub(1);
}

void HttpSession::Start() {
  loop_->sessions.emplace(this, shared_from_this());
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  SetDeadline(shared_->options.idle_timeout_ms);
  WaitReadable();
}

void HttpSession::WaitReadable() {
  if (waiting_readable_ || end_of_file_ || state_ == State::kClosed) return;
  waiting_readable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& error) {
                       self->waiting_readable_ = false;
                       if (!error) self->OnReadable();
                     });
}

void HttpSession::OnReadable() {
  if (state_ == State::kClosed) return;
  error_code error;
  const size_t received = socket_.read_some(asio::buffer(loop_->scratch), error);
  if (error == asio::error::would_block || error == asio::error::try_again) {
    WaitReadable();
    return;
  }
  if (error == asio::error::eof) {
    OnEndOfFile();
    return;
  }
  if (error) {
    if (state_ == State::kHandling) OnClientLeft();
    Close();
    return;
  }
  shared_->stats.received_bytes_total.fetch_add(received, std::memory_order_relaxed);
  reading_ = true;
  OnData({loop_->scratch.data(), received});
  reading_ = false;
  if (early_answer_.has_value()) {
    HttpResponse answer = *std::exchange(early_answer_, std::nullopt);
    if (state_ == State::kHandling) BeginWrite(std::move(answer));
  }
  const bool answering =
      state_ == State::kHandling || state_ == State::kWriting || state_ == State::kProducing;
  const bool full = pending_.size() >= kPipelinedBytesMax && answering;
  if (!full) WaitReadable();
}

void HttpSession::OnEndOfFile() {
  end_of_file_ = true;
  switch (state_) {
    case State::kIdle:
    case State::kReading:
    case State::kLingering:
      Close();
      break;
    case State::kHandling:
      // A client that only closed its sending side still gets an answer, though perhaps 499.
      OnClientLeft();
      break;
    case State::kProducing:
    case State::kWriting:
      if (source_ != nullptr && !cancelled_->exchange(true)) {
        shared_->stats.requests_cancelled_total.fetch_add(1);
      }
      break;
    case State::kClosed:
      break;
  }
}

void HttpSession::OnClientLeft() {
  if (cancelled_->exchange(true)) return;
  shared_->stats.requests_cancelled_total.fetch_add(1);
  // Only once; and what it holds may be this session.
  if (const auto hook = std::exchange(*on_cancelled_, nullptr)) hook();
}

void HttpSession::DropHook() {
  if (on_cancelled_ != nullptr) *on_cancelled_ = nullptr;
}

void HttpSession::OnData(std::string_view data) {
  if (state_ == State::kLingering) return;
  if (state_ != State::kIdle && state_ != State::kReading) {
    pending_.append(data);
    return;
  }
  if (!pending_.empty()) {
    pending_.append(data);
    ParsePending();
    return;
  }
  const size_t used = Parse(data);
  if (used < data.size()) pending_.assign(data.substr(used));
}

void HttpSession::ParsePending() {
  const size_t used = Parse(pending_);
  pending_.erase(0, used);
  if (pending_.empty()) pending_ = {};  // gives the memory back
}

size_t HttpSession::Parse(std::string_view input) {
  size_t used = 0;
  if (state_ == State::kIdle) {
    // Empty lines before a request line are skipped, as RFC 9112 (2.2) asks.
    while (input.substr(used).starts_with("\r\n")) used += 2;
    if (used == input.size() || input.substr(used) == "\r") return used;
    state_ = State::kReading;
    phase_start_ = Clock::now();
    headers_checked_ = false;
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<uint32_t>(shared_->options.header_bytes_max));
    parser_->body_limit(shared_->options.body_bytes_max);
    BeginRequest();
  }
  while (used < input.size() && !parser_->is_done()) {
    error_code error;
    const std::string_view rest = input.substr(used);
    used += parser_->put(asio::buffer(rest.data(), rest.size()), error);
    if (error == http::error::need_more) break;
    if (error) {
      RefuseParseError(error);
      return input.size();
    }
    if (!headers_checked_ && parser_->is_header_done() && !CheckHeaders()) return input.size();
  }
  if (!headers_checked_ && parser_->is_header_done() && !CheckHeaders()) return input.size();
  if (headers_checked_ && !CheckBodyBudget()) return input.size();
  if (parser_->is_done()) {
    Dispatch();
    return used;
  }
  if (!parser_->is_header_done()) {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - phase_start_);
    SetDeadline(shared_->options.header_timeout_ms - elapsed.count());
  } else {
    SetDeadline(shared_->options.stall_timeout_ms);
  }
  return used;
}

bool HttpSession::CheckHeaders() {
  headers_checked_ = true;
  const auto& message = parser_->get();
  version_ = message.version();
  head_ = message.method() == http::verb::head;
  if (version_ != 10 && version_ != 11) {
    Refuse(505, "want HTTP/1.0 or HTTP/1.1");
    return false;
  }
  size_t hosts = 0, headers = 0, encodings = 0, lengths = 0;
  for (const auto& field : message) {
    ++headers;
    if (field.name() == http::field::host) ++hosts;
    if (field.name() == http::field::transfer_encoding) ++encodings;
    if (field.name() == http::field::content_length) ++lengths;
  }
  if (headers > shared_->options.header_count_max) {
    Refuse(431, "too many headers");
    return false;
  }
  if (hosts > 1 || (hosts == 0 && version_ == 11)) {
    Refuse(400, "want exactly one Host header");
    return false;
  }
  if (lengths > 1 || (encodings > 0 && lengths > 0)) {
    Refuse(400, "want one Content-Length or one Transfer-Encoding");
    return false;
  }
  if (encodings > 0 &&
      (encodings > 1 || version_ == 10 ||
       !EqualsIgnoreCase(TrimBlanks(ToStd(message[http::field::transfer_encoding])), "chunked"))) {
    Refuse(version_ == 10 ? 400 : 501, "the only Transfer-Encoding taken is chunked");
    return false;
  }
  const std::string_view target = OriginForm(ToStd(message.target()));
  const bool is_asterisk = target == "*" && message.method() == http::verb::options;
  if (target.empty() || (target.front() != '/' && !is_asterisk)) {
    Refuse(400, "want a request target that begins with a slash");
    return false;
  }
  const absl::StatusOr<std::string> path = DecodePercent(PathOf(target), false);
  if (!path.ok()) {
    Refuse(400, storage::ToStd(path.status().message()));
    return false;
  }
  phase_start_ = Clock::now();  // of the body
  const std::string_view expect = ToStd(message[http::field::expect]);
  if (expect.empty() || version_ == 10) return true;
  if (!EqualsIgnoreCase(TrimBlanks(expect), "100-continue")) {
    Refuse(417, "the only expectation met is 100-continue");
    return false;
  }
  if (!parser_->is_done()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code error;
    // Nothing is unsent at this point, so the few bytes fit into the socket's buffer.
    const size_t sent = socket_.write_some(asio::buffer(kContinue.data(), kContinue.size()), error);
    if (error || sent != kContinue.size()) {
      Close();
      return false;
    }
  }
  return true;
}

bool HttpSession::CheckBodyBudget() {
  uint64_t want = parser_->get().body().size();
  const auto declared = parser_->content_length();
  if (declared) want = std::max<uint64_t>(want, *declared);
  if (want > body_held_) {
    const uint64_t held =
        shared_->stats.body_bytes_in_flight.fetch_add(want - body_held_) + want - body_held_;
    body_held_ = want;
    if (held > shared_->options.body_bytes_in_flight_max) {
      Refuse(503, "too many bytes of requests in flight");
      return false;
    }
  }
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - phase_start_).count();
  const uint64_t received = parser_->get().body().size();
  if (!parser_->is_done() && elapsed > shared_->options.stall_timeout_ms &&
      received * 1000 / static_cast<uint64_t>(elapsed) <
          shared_->options.body_bytes_per_second_min) {
    Refuse(408, "the body comes too slowly");
    return false;
  }
  return true;
}

void HttpSession::Dispatch() {
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  parser_.reset();
  HttpRequest request;
  request.method = std::string(ToStd(message.method_string()));
  const std::string_view target = OriginForm(ToStd(message.target()));
  request.path = std::string(PathOf(target));
  for (const auto& field : message) {
    std::string name(ToStd(field.name_string()));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    request.headers.emplace_back(std::move(name), std::string(ToStd(field.value())));
  }
  request.body = std::move(message.body());
  web_socket_key_ = IsWebSocketUpgrade(request) ? request.Header("sec-websocket-key") : "";
  cancelled_ = std::make_shared<std::atomic<bool>>(false);
  request.cancelled = cancelled_;
  on_cancelled_ = std::make_shared<std::function<void()>>();
  request.on_cancelled = on_cancelled_;
  state_ = State::kHandling;
  deadline_ = Clock::time_point::max();
  const size_t question = target.find('?');
  if (question != std::string_view::npos) {
    request.query_text = target.substr(question + 1);
    const absl::Status parsed = request.query.Parse(request.query_text);
    if (!parsed.ok()) {
      Refuse(400, storage::ToStd(parsed.message()));
      return;
    }
  }
  shared_->handler(std::move(request), [self = shared_from_this()](HttpResponse response) {
    self->Respond(std::move(response));
  });
}

void HttpSession::RefuseParseError(const error_code& error) {
  const auto& message = parser_->get();
  version_ = 11;
  head_ = false;
  if (error == http::error::header_limit) return Refuse(431, "the headers are too long");
  if (error == http::error::body_limit) {
    const auto& status = shared_->options.oversized_body_status;
    return Refuse(
        status ? status(PathOf(ToStd(message.target()))) : 413,
        storage::StrCat("the body is longer than ", shared_->options.body_bytes_max, " bytes"));
  }
  Refuse(400, error.message());
}

void HttpSession::Refuse(int status, std::string_view reason) {
  shared_->stats.requests_refused_total.fetch_add(1);
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = storage::StrCat("cannot take the request: ", reason, "\n");
  response.close = true;
  if (status == 503) response.headers.emplace_back("Retry-After", "5");
  pending_ = {};
  BeginWrite(std::move(response));
}

void HttpSession::Respond(HttpResponse response) {
  if (loop_->context.get_executor().running_in_this_thread() && reading_ &&
      response.feed == nullptr) {
    // By a handler that has not returned yet; the loop need not go round for it.
    early_answer_ = std::move(response);
    return;
  }
  asio::post(loop_->context, [self = shared_from_this(), answer = std::move(response)]() mutable {
    if (answer.feed != nullptr) {
      self->BecomeWebSocket(std::move(answer.feed));
    } else if (self->state_ == State::kHandling) {
      self->BeginWrite(std::move(answer));
    }
  });
}

void HttpSession::BecomeWebSocket(std::shared_ptr<WebSocketFeed> feed) {
  if (state_ != State::kHandling || end_of_file_ || shared_->stopping.load()) {
    feed->Stop();
    return Close();
  }
  WebSocketSession::UpgradeRequest request{http::verb::get, "/", 11};
  request.set(http::field::host, "varve");
  request.set(http::field::connection, "Upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_version, "13");
  request.set(http::field::sec_websocket_key, web_socket_key_);
  error_code ignored;
  socket_.cancel(ignored);  // the wait for the socket to become readable
  socket_.non_blocking(false, ignored);
  std::make_shared<WebSocketSession>(std::move(socket_), loop_, std::move(feed))
      ->Start(std::move(request));
  Close();
}

void HttpSession::Linger() {
  if (end_of_file_) {
    Close();
    return;
  }
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  state_ = State::kLingering;
  SetDeadline(kLingerMs);
  WaitReadable();
}

void HttpSession::CloseIfIdle() {
  if (state_ == State::kIdle || state_ == State::kLingering) Close();
}

void HttpSession::Close() {
  if (state_ == State::kClosed) return;
  if (cancelled_ != nullptr) cancelled_->store(true);
  DropHook();
  state_ = State::kClosed;
  source_ = nullptr;
  EndRequest();
  ReleaseBody();
  error_code ignored;
  timer_.cancel(ignored);
  socket_.close(ignored);
  loop_->sessions.erase(this);  // last: it may be what kept this object
}

void HttpSession::SetDeadline(int64_t timeout_ms) {
  deadline_ = Clock::now() + std::chrono::milliseconds(std::max<int64_t>(timeout_ms, 0));
  // The timer is moved only forward in time when it fires: most deadlines are never reached.
  if (deadline_ < timer_at_) ArmTimer();
}

void HttpSession::ArmTimer() {
  timer_at_ = deadline_;
  error_code ignored;
  timer_.expires_at(deadline_, ignored);
  timer_.async_wait([self = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const std::shared_ptr<HttpSession> session = self.lock()) session->OnTimer();
  });
}

void HttpSession::OnTimer() {
  timer_at_ = Clock::time_point::max();
  if (state_ == State::kClosed || deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) {
    ArmTimer();
    return;
  }
  if (state_ == State::kReading) {
    version_ = 11;
    head_ = false;
    Refuse(408, "it came too slowly");
    return;
  }
  Close();
}

void HttpSession::BeginRequest() {
  if (in_flight_) return;
  in_flight_ = true;
  shared_->stats.requests_in_flight.fetch_add(1);
}

void HttpSession::EndRequest() {
  if (!in_flight_) return;
  in_flight_ = false;
  shared_->stats.requests_in_flight.fetch_sub(1);
}

void HttpSession::ReleaseBody() {
  shared_->stats.body_bytes_in_flight.fetch_sub(body_held_);
  body_held_ = 0;
}

}  // namespace varve::server
