// Remote-write requests and remote-read answers, read and made for tests.
//
// Both consist of the same TimeSeries messages, a level apart.
//
// Threads:  free functions.
#ifndef TESTS_TOOLS_WRITE_REQUEST_H_
#define TESTS_TOOLS_WRITE_REQUEST_H_

#include <doctest/doctest.h>
#include <snappy.h>

#include <string>
#include <vector>

#include "tools/transfer/protobuf_writer.h"
#include "tools/transfer/remote_read.h"
#include "tools/transfer/remote_write_body.h"

namespace varve::tools {

// A remote-read answer of one result with these series.
inline std::string MakeReadAnswer(const std::vector<SeriesSamples>& series) {
  std::string result;
  for (const SeriesSamples& samples : series) AppendTimeSeries(samples, &result);
  std::string message;
  ProtobufWriter(&message).Bytes(1, result);
  std::string compressed;
  snappy::Compress(message.data(), message.size(), &compressed);
  return compressed;
}

inline std::vector<SeriesSamples> ReadWriteRequest(const std::string& body) {
  std::string request;
  REQUIRE(snappy::Uncompress(body.data(), body.size(), &request));
  std::string message;
  ProtobufWriter(&message).Bytes(1, request);
  std::string compressed;
  snappy::Compress(message.data(), message.size(), &compressed);
  std::vector<SeriesSamples> series;
  REQUIRE(ParseReadAnswer(compressed, &series).ok());
  return series;
}

}  // namespace varve::tools

#endif  // TESTS_TOOLS_WRITE_REQUEST_H_
