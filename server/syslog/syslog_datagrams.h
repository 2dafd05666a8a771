// SyslogDatagrams: one UDP socket that messages come in on.
//
// Threads:  one-thread: the listener's I/O thread.
// Owns:     the socket, and a SyslogSource for each address that has sent lately.
#ifndef SERVER_SYSLOG_SYSLOG_DATAGRAMS_H_
#define SERVER_SYSLOG_SYSLOG_DATAGRAMS_H_

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <map>
#include <memory>

#include "server/syslog/syslog_counters.h"
#include "server/syslog/syslog_options.h"
#include "server/syslog/syslog_queue.h"

namespace varve::server {

class SyslogDatagrams {
 public:
  // What is pointed to outlives it.
  SyslogDatagrams(boost::asio::ip::udp::socket socket, const SyslogListenerOptions* options,
                  SyslogQueue* queue, SyslogCounters* counters);

  void Start() { Wait(); }
  // Takes what has arrived, and closes.
  void Close();

 private:
  // The greatest datagram there is.
  static constexpr size_t kDatagramBytesMax = 64 << 10;

  void Wait();
  // Takes up to `count` datagrams without waiting.
  void Receive(size_t count);
  std::shared_ptr<SyslogSource> SourceOf(const boost::asio::ip::address& address);

  boost::asio::ip::udp::socket socket_;
  const SyslogListenerOptions& options_;
  SyslogQueue& queue_;
  SyslogCounters& counters_;
  std::unique_ptr<std::array<char, kDatagramBytesMax>> buffer_;
  std::map<boost::asio::ip::address, std::shared_ptr<SyslogSource>> sources_;
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_DATAGRAMS_H_
