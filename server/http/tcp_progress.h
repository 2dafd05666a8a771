// How far the other end of a TCP connection has come in taking what it is sent.
//
// Apart from everything else, because the header of the kernel that has it and the one that Asio
// includes do not go together.
//
// Threads:  a function without state.
#ifndef SERVER_HTTP_TCP_PROGRESS_H_
#define SERVER_HTTP_TCP_PROGRESS_H_

#include <cstdint>

namespace varve::server {

// Bytes of a socket that its peer has confirmed, since it was connected; 0 where the system does
// not say.
uint64_t ConfirmedBytes(int socket);

}  // namespace varve::server

#endif  // SERVER_HTTP_TCP_PROGRESS_H_
