#include "server/syslog/syslog_listener.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <list>
#include <set>
#include <thread>
#include <utility>

#include "server/http/listen_address.h"
#include "server/syslog/syslog_datagrams.h"
#include "server/syslog/syslog_session.h"
#include "server/syslog/syslog_writer.h"
#include "server/write_answer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using storage::StrCat;

constexpr int64_t kAcceptPauseMs = 100;
// Times are refused a little before the store would: the clock goes on.
constexpr int64_t kRangeMarginMs = 60'000;

// The endpoints an address stands for; the first that can be bound is taken.
template <typename Protocol>
absl::StatusOr<std::vector<typename Protocol::endpoint>> Resolve(asio::io_context* io,
                                                                 const std::string& address) {
  VARVE_ASSIGN_OR_RETURN(const ListenAddress parts, ParseListenAddress(address));
  using Endpoint = typename Protocol::endpoint;
  if (parts.host.empty()) {
    return std::vector<Endpoint>{Endpoint(Protocol::v6(), parts.port),
                                 Endpoint(Protocol::v4(), parts.port)};
  }
  error_code error;
  typename Protocol::resolver resolver(*io);
  std::vector<Endpoint> endpoints;
  for (const auto& entry : resolver.resolve(parts.host, std::to_string(parts.port), error)) {
    endpoints.push_back(entry.endpoint());
  }
  if (error) {
    return absl::UnavailableError(StrCat("cannot listen on ", address, ": ", error.message()));
  }
  return endpoints;
}

class AsioSyslogListener : public SyslogListener {
 public:
  AsioSyslogListener(const SyslogListenerOptions& options, ApiContext* context)
      : options_(options),
        context_(context),
        counters_(context->metrics),
        queue_(options.source_bytes_max, options.waiting_bytes_max),
        writer_(WriterSetup()) {}
  ~AsioSyslogListener() override { Stop(); }

  absl::Status Bind() {
    for (const std::string& address : options_.tcp_addresses) {
      VARVE_RETURN_IF_ERROR(BindTcp(address));
    }
    for (const std::string& address : options_.udp_addresses) {
      VARVE_RETURN_IF_ERROR(BindUdp(address));
    }
    return absl::OkStatus();
  }

  void Run() {
    context_->metrics->AddCollector([this](ExpositionWriter* writer) {
      writer->Single("varve_syslog_connections", "gauge", "Connections of syslog open now.",
                     static_cast<double>(connections_.load()));
      writer->Single("varve_syslog_waiting_bytes", "gauge",
                     "Bytes of messages of syslog that wait to be stored.",
                     static_cast<double>(queue_.waiting_bytes()));
    });
    writer_.Start();
    for (tcp::acceptor& acceptor : acceptors_) Accept(&acceptor);
    for (SyslogDatagrams& datagrams : datagrams_) datagrams.Start();
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "varve-syslog");
      io_.run();
    });
  }

  std::vector<std::string> addresses() const override { return addresses_; }

  void Stop() override {
    if (!thread_.joinable()) return;
    std::promise<void> done;
    asio::post(io_, [&] {
      error_code ignored;
      for (tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
      for (SyslogDatagrams& datagrams : datagrams_) datagrams.Close();
      // A session that ends takes itself out of the set.
      const auto sessions = sessions_;
      for (const std::shared_ptr<SyslogSession>& session : sessions) session->Close();
      done.set_value();
    });
    done.get_future().wait();
    guard_.reset();
    io_.stop();
    thread_.join();
    writer_.Stop();
  }

 private:
  SyslogWriter::Setup WriterSetup() {
    SyslogWriter::Setup setup;
    setup.queue = &queue_;
    setup.counters = &counters_;
    setup.logger = context_->logger;
    setup.push = PushOptions(*context_);
    setup.zone = options_.zone;
    setup.range_ns = [this] {
      const storage::StorageOptions& storage = context_->options->storage;
      storage::TimeRange range_ms = storage::TimeRange::All();
      if (storage.retention_ms > 0) {
        range_ms = {NowMs() - storage.retention_ms + kRangeMarginMs,
                    NowMs() + storage.future_max_ms - kRangeMarginMs};
      }
      return storage::NanosecondsOf(range_ms);
    };
    setup.store = [this](const storage::LogBatch& batch) {
      return AppendAndPublish(context_, batch);
    };
    setup.on_rejected = [this](storage::RejectReason reason, uint64_t count) {
      CountRejected(context_, "logs", storage::RejectReasonText(reason), count);
    };
    setup.on_room = [this] {
      if (connections_.load() == 0) return;
      asio::post(io_, [this] {
        const auto sessions = sessions_;
        for (const std::shared_ptr<SyslogSession>& session : sessions) session->Resume();
      });
    };
    return setup;
  }

  template <typename Endpoint>
  void Remember(const char* protocol, const Endpoint& local) {
    addresses_.push_back(
        StrCat(protocol, "://", AddressText(local.address().to_string(), local.port())));
  }

  absl::Status BindTcp(const std::string& address) {
    VARVE_ASSIGN_OR_RETURN(const auto endpoints, Resolve<tcp>(&io_, address));
    error_code error;
    for (const tcp::endpoint& endpoint : endpoints) {
      tcp::acceptor acceptor(io_);
      acceptor.open(endpoint.protocol(), error);
      if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
      }
      if (!error) acceptor.bind(endpoint, error);
      if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
      if (error) continue;
      Remember("tcp", acceptor.local_endpoint(error));
      acceptors_.push_back(std::move(acceptor));
      return absl::OkStatus();
    }
    return absl::UnavailableError(StrCat("cannot listen on ", address, ": ", error.message()));
  }

  absl::Status BindUdp(const std::string& address) {
    VARVE_ASSIGN_OR_RETURN(const auto endpoints, Resolve<udp>(&io_, address));
    error_code error;
    for (const udp::endpoint& endpoint : endpoints) {
      udp::socket socket(io_);
      socket.open(endpoint.protocol(), error);
      if (!error && endpoint.address().is_v6()) {
        socket.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
      }
      if (!error) socket.bind(endpoint, error);
      if (error) continue;
      Remember("udp", socket.local_endpoint(error));
      datagrams_.emplace_back(std::move(socket), &options_, &queue_, &counters_);
      return absl::OkStatus();
    }
    return absl::UnavailableError(StrCat("cannot listen on ", address, ": ", error.message()));
  }

  void Accept(tcp::acceptor* acceptor) {
    acceptor->async_accept([this, acceptor](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        Adopt(std::move(socket));
      } else if (error != asio::error::connection_aborted) {
        // No file descriptors are left: it rests instead of spinning.
        auto pause =
            std::make_shared<asio::steady_timer>(io_, std::chrono::milliseconds(kAcceptPauseMs));
        pause->async_wait([this, acceptor, pause](const error_code& cancelled) {
          if (!cancelled && acceptor->is_open()) Accept(acceptor);
        });
        return;
      }
      Accept(acceptor);
    });
  }

  void Adopt(tcp::socket socket) {
    if (sessions_.size() >= options_.connections_max) {
      counters_.connections_refused()->Add();
      error_code ignored;
      socket.close(ignored);
      return;
    }
    auto session = std::make_shared<SyslogSession>(std::move(socket), &options_, &queue_,
                                                   &counters_, [this](SyslogSession* ended) {
                                                     sessions_.erase(ended->shared_from_this());
                                                     connections_.store(sessions_.size());
                                                   });
    sessions_.insert(session);
    connections_.store(sessions_.size());
    session->Start();
  }

  const SyslogListenerOptions options_;
  ApiContext* const context_;
  SyslogCounters counters_;
  SyslogQueue queue_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{asio::make_work_guard(io_)};
  std::list<tcp::acceptor> acceptors_;
  std::list<SyslogDatagrams> datagrams_;
  std::set<std::shared_ptr<SyslogSession>> sessions_;  // of the I/O thread
  std::atomic<size_t> connections_{0};
  std::vector<std::string> addresses_;
  SyslogWriter writer_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SyslogListener>> SyslogListener::Start(
    const SyslogListenerOptions& options, ApiContext* context) {
  auto listener = std::make_unique<AsioSyslogListener>(options, context);
  VARVE_RETURN_IF_ERROR(listener->Bind());
  listener->Run();
  return std::unique_ptr<SyslogListener>(std::move(listener));
}

}  // namespace varve::server
