#include "server/http/http_listener.h"

#include <pthread.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "server/http/http_session.h"
#include "server/http/listen_address.h"
#include "storage/model/text.h"
#include "storage/model/thread_priority.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using storage::StrCat;

// After accept failed (no file descriptors are left) it rests this long instead of spinning.
constexpr int64_t kAcceptPauseMs = 100;
// A connection that has been idle for less is not closed for the sake of a new one.
constexpr int64_t kEvictIdleMs = 1'000;

class BeastListener : public HttpListener {
 public:
  BeastListener(HttpListenerOptions options, HttpHandler handler) {
    shared_.options = std::move(options);
    shared_.handler = std::move(handler);
    const size_t threads = std::max<size_t>(shared_.options.io_threads, 1);
    for (size_t i = 0; i < 2 * threads; ++i) loops_.push_back(std::make_unique<HttpLoop>(&shared_));
    for (size_t i = 0; i < threads; ++i) loops_[i]->for_writers = loops_[threads + i].get();
    loops_for_all_ = threads;
  }
  ~BeastListener() override {
    Stop();
    // Those for writers first: what waits on them may hold sockets of the others.
    while (!loops_.empty()) loops_.pop_back();
  }

  absl::Status Bind() {
    for (const std::string& address : shared_.options.addresses) {
      VARVE_RETURN_IF_ERROR(BindOne(address));
    }
    return absl::OkStatus();
  }

  void Run() {
    for (const std::unique_ptr<HttpLoop>& loop : loops_) {
      guards_.emplace_back(asio::make_work_guard(loop->context));
      threads_.emplace_back([context = &loop->context] {
        pthread_setname_np(pthread_self(), "varve-io");
        storage::SetThreadPriority(storage::ThreadPriority::kPrompt);
        context->run();
      });
    }
    for (size_t i = 0; i < acceptors_.size(); ++i) {
      asio::post(loops_[0]->context, [this, i] { Accept(i); });
    }
  }

  std::vector<std::string> addresses() const override { return addresses_; }
  const HttpListenerStats& stats() const override { return shared_.stats; }

  void StopAccepting() override {
    shared_.stopping.store(true);
    for (size_t i = 0; i < loops_.size(); ++i) {
      OnLoop(i, [this, i] {
        if (i == 0) {
          error_code ignored;
          for (tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
          pause_.reset();
        }
        loops_[i]->CloseSessions(true);
      });
    }
  }

  bool Drain(int64_t timeout_ms) override {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (shared_.stats.requests_in_flight.load() > 0) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  void Stop() override {
    if (threads_.empty()) return;
    StopAccepting();
    for (size_t i = 0; i < loops_.size(); ++i) {
      OnLoop(i, [this, i] { loops_[i]->CloseSessions(false); });
    }
    guards_.clear();  // the loops end when their last operations were cancelled
    for (size_t i = 0; i < loops_.size(); ++i) {
      asio::post(loops_[i]->context, [context = &loops_[i]->context] { context->stop(); });
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  absl::Status BindOne(const std::string& address) {
    VARVE_ASSIGN_OR_RETURN(const ListenAddress parts, ParseListenAddress(address));
    error_code error;
    std::vector<tcp::endpoint> endpoints;
    if (parts.host.empty()) {
      // All interfaces: one socket for both families, or IPv4 alone where there is no other.
      endpoints = {tcp::endpoint(tcp::v6(), parts.port), tcp::endpoint(tcp::v4(), parts.port)};
    } else {
      tcp::resolver resolver(loops_[0]->context);
      const auto found = resolver.resolve(parts.host, std::to_string(parts.port), error);
      if (error) {
        return absl::UnavailableError(StrCat("cannot listen on ", address, ": ", error.message()));
      }
      for (const auto& entry : found) endpoints.push_back(entry.endpoint());
    }
    for (const tcp::endpoint& endpoint : endpoints) {
      tcp::acceptor acceptor(loops_[0]->context);
      acceptor.open(endpoint.protocol(), error);
      if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(!parts.host.empty()), error);
      }
      if (!error) acceptor.bind(endpoint, error);
      if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
      if (error) continue;
      const tcp::endpoint local = acceptor.local_endpoint(error);
      addresses_.push_back(AddressText(local.address().to_string(), local.port()));
      acceptors_.push_back(std::move(acceptor));
      return absl::OkStatus();
    }
    return absl::UnavailableError(StrCat("cannot listen on ", address, ": ", error.message()));
  }

  void Accept(size_t index) {
    if (!acceptors_[index].is_open()) return;
    HttpLoop* loop = loops_[next_loop_].get();
    next_loop_ = (next_loop_ + 1) % loops_for_all_;
    acceptors_[index].async_accept(
        loop->context, [this, index, loop](const error_code& error, tcp::socket socket) {
          if (!error) {
            // The socket goes to its own loop before anything is done with it.
            asio::post(loop->context, [this, loop, taken = std::move(socket)]() mutable {
              Adopt(loop, std::move(taken));
            });
          } else if (error == asio::error::operation_aborted) {
            return;
          } else if (error != asio::error::connection_aborted) {
            Pause(index);
            return;
          }
          Accept(index);
        });
  }

  void Pause(size_t index) {
    pause_.emplace(loops_[0]->context, std::chrono::milliseconds(kAcceptPauseMs));
    pause_->async_wait([this, index](const error_code& error) {
      if (!error) Accept(index);
    });
  }

  void Adopt(HttpLoop* loop, tcp::socket socket) {
    error_code ignored;
    if (shared_.stopping.load()) {
      socket.close(ignored);
      return;
    }
    if (shared_.stats.connections.load() < shared_.options.connections_max || EvictIdle(loop)) {
      Begin(loop, std::move(socket));
      return;
    }
    // Perhaps one of those that write makes room.
    asio::post(loop->for_writers->context, [this, loop, taken = std::move(socket)]() mutable {
      const bool has_room = EvictIdle(loop->for_writers);
      asio::post(loop->context, [this, loop, has_room, last = std::move(taken)]() mutable {
        has_room ? Begin(loop, std::move(last)) : Refuse(std::move(last));
      });
    });
  }

  void Begin(HttpLoop* loop, tcp::socket socket) {
    shared_.stats.connections.fetch_add(1);
    shared_.stats.connections_total.fetch_add(1);
    std::make_shared<HttpSession>(std::move(socket), loop)->Start();
  }

  void Refuse(tcp::socket socket) {
    shared_.stats.connections_refused_total.fetch_add(1);
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kBusy.data(), kBusy.size()), ignored);
    socket.close(ignored);
  }

  // Closes the connection that has been idle longest, if that is long at all.
  static bool EvictIdle(HttpLoop* loop) {
    HttpSession* oldest = nullptr;
    for (const auto& [session, owner] : loop->sessions) {
      if (session->idle() && (oldest == nullptr || session->idle_since() < oldest->idle_since())) {
        oldest = session;
      }
    }
    if (oldest == nullptr || HttpSession::Clock::now() - oldest->idle_since() <
                                 std::chrono::milliseconds(kEvictIdleMs)) {
      return false;
    }
    loop->shared->stats.connections_evicted_total.fetch_add(1);
    oldest->Close();
    return true;
  }

  // Runs `task` on a loop and waits for it.
  template <typename Task>
  void OnLoop(size_t index, Task task) {
    std::promise<void> done;
    asio::post(loops_[index]->context, [&done, &task] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  HttpShared shared_;
  // Those for all connections, then as many for those that write.
  std::vector<std::unique_ptr<HttpLoop>> loops_;
  size_t loops_for_all_ = 0;
  std::vector<tcp::acceptor> acceptors_;
  std::vector<std::string> addresses_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
  size_t next_loop_ = 0;                     // of the first loop's thread
  std::optional<asio::steady_timer> pause_;  // of the first loop's thread
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(HttpListenerOptions options,
                                                                  HttpHandler handler) {
  auto listener = std::make_unique<BeastListener>(std::move(options), std::move(handler));
  VARVE_RETURN_IF_ERROR(listener->Bind());
  listener->Run();
  return std::unique_ptr<HttpListener>(std::move(listener));
}

}  // namespace varve::server
