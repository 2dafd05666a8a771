// SyslogSession: one connection that messages come in on.
//
// It is read only as long as the queue has room for it; until then the sender waits, as TCP has it.
//
// Threads:  one-thread: the listener's I/O thread.
// Owns:     the socket; itself, by its running operations.
#ifndef SERVER_SYSLOG_SYSLOG_SESSION_H_
#define SERVER_SYSLOG_SYSLOG_SESSION_H_

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "ingest/syslog_frames.h"
#include "server/syslog/syslog_counters.h"
#include "server/syslog/syslog_options.h"
#include "server/syslog/syslog_queue.h"

namespace varve::server {

class SyslogSession : public std::enable_shared_from_this<SyslogSession> {
 public:
  using OnEnd = std::function<void(SyslogSession*)>;

  // What is pointed to outlives the session; `on_end` is called once.
  SyslogSession(boost::asio::ip::tcp::socket socket, const SyslogListenerOptions* options,
                SyslogQueue* queue, SyslogCounters* counters, OnEnd on_end);

  void Start();
  // Goes on where there was no room.
  void Resume();
  // Takes what has arrived, and closes.
  void Close();

 private:
  static constexpr size_t kReadBytes = 64 << 10;

  void Read();
  void OnRead(const boost::system::error_code& error, size_t bytes);
  // Moves messages to the queue; false where it has no room for more of them.
  bool Drain(bool whatever_room);
  void Push(std::string_view message);
  void WatchIdle();
  void End();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer idle_timer_;
  const SyslogListenerOptions& options_;
  SyslogQueue& queue_;
  SyslogCounters& counters_;
  OnEnd on_end_;
  std::shared_ptr<SyslogSource> source_;
  ingest::SyslogFrames frames_;
  std::unique_ptr<std::array<char, kReadBytes>> buffer_;
  std::chrono::steady_clock::time_point read_at_;
  bool paused_ = false;
  bool ended_ = false;
  uint64_t truncated_told_ = 0;
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_SESSION_H_
