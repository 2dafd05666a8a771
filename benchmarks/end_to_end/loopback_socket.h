// A TCP connection to a server on this machine, for clients that measure.
#ifndef BENCHMARKS_END_TO_END_LOOPBACK_SOCKET_H_
#define BENCHMARKS_END_TO_END_LOOPBACK_SOCKET_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace varve::benchmarks {

// A socket that is connected to a port of 127.0.0.1 and sends at once what it is given; -1 where
// nobody listens. The caller closes it.
inline int ConnectLoopback(uint16_t port) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof(generic));
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(connection, &generic, sizeof(generic)) == 0) return connection;
  close(connection);
  return -1;
}

}  // namespace varve::benchmarks

#endif  // BENCHMARKS_END_TO_END_LOOPBACK_SOCKET_H_
