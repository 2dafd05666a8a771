// The body of a remote-write 1.0 request, before it is compressed: WriteRequest in protobuf.
//
// Threads:  functions without state.
// Format:   Prometheus, "Remote-Write 1.0 specification"; native histograms as Prometheus sends
//           them in 1.0.
#ifndef TOOLS_TRANSFER_REMOTE_WRITE_BODY_H_
#define TOOLS_TRANSFER_REMOTE_WRITE_BODY_H_

#include <string>

#include "tools/transfer/sample_source.h"

namespace varve::tools {

// Appends one series of the request.
void AppendTimeSeries(const SeriesSamples& samples, std::string* body);

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_REMOTE_WRITE_BODY_H_
