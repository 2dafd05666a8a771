#include "server/syslog/syslog_datagrams.h"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "ingest/syslog_frames.h"

namespace varve::server {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

// Datagrams that come in while others are being handled wait in the kernel, as far as there is
// room; it may give less than what is asked for.
constexpr int kKernelBufferBytes = 4 << 20;
// Then other sockets have their turn.
constexpr size_t kReceiveMax = 1024;
// Sources that are remembered; one that has nothing waiting is forgotten beyond it.
constexpr size_t kSourcesMax = 4096;

}  // namespace

SyslogDatagrams::SyslogDatagrams(udp::socket socket, const SyslogListenerOptions* options,
                                 SyslogQueue* queue, SyslogCounters* counters)
    : socket_(std::move(socket)),
      options_(*options),
      queue_(*queue),
      counters_(*counters),
      buffer_(std::make_unique<std::array<char, kDatagramBytesMax>>()) {
  error_code ignored;
  socket_.set_option(boost::asio::socket_base::receive_buffer_size(kKernelBufferBytes), ignored);
  socket_.non_blocking(true, ignored);
}

void SyslogDatagrams::Wait() {
  socket_.async_wait(udp::socket::wait_read, [this](const error_code& error) {
    if (error == boost::asio::error::operation_aborted) return;
    Receive(kReceiveMax);
    Wait();
  });
}

void SyslogDatagrams::Receive(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    udp::endpoint sender;
    error_code error;
    const size_t bytes = socket_.receive_from(boost::asio::buffer(*buffer_), sender, 0, error);
    if (error) return;
    std::string_view message = ingest::SyslogDatagram({buffer_->data(), bytes});
    if (message.empty()) continue;
    counters_.received(SyslogProtocol::kUdp)->Add();
    if (message.size() > options_.message_bytes_max) {
      message = message.substr(0, options_.message_bytes_max);
      counters_.truncated(SyslogProtocol::kUdp)->Add();
    }
    const std::shared_ptr<SyslogSource> source = SourceOf(sender.address());
    if (queue_.HasRoom(*source)) {
      queue_.Push(source, message, absl::GetCurrentTimeNanos());
    } else {
      counters_.Dropped(SyslogProtocol::kUdp, "buffer_full")->Add();
    }
  }
}

std::shared_ptr<SyslogSource> SyslogDatagrams::SourceOf(const boost::asio::ip::address& address) {
  if (const auto found = sources_.find(address); found != sources_.end()) return found->second;
  if (sources_.size() >= kSourcesMax) {
    std::erase_if(sources_, [](const auto& known) { return known.second->waiting_bytes == 0; });
  }
  auto source = std::make_shared<SyslogSource>();
  source->protocol = SyslogProtocol::kUdp;
  boost::asio::ip::address shown = address;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    shown = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  source->address = shown.to_string();
  if (sources_.size() < kSourcesMax) sources_.emplace(address, source);
  return source;
}

void SyslogDatagrams::Close() {
  Receive(kReceiveMax);
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace varve::server
