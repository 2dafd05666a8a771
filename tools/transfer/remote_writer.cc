#include "tools/transfer/remote_writer.h"

#include <snappy.h>

#include <algorithm>
#include <iterator>

#include "storage/status_macros.h"
#include "tools/transfer/remote_write_body.h"

namespace varve::tools {
namespace {

// The first samples of a series, up to `most`, moved out of it.
SeriesSamples TakeFront(SeriesSamples* samples, size_t most) {
  SeriesSamples front;
  front.labels = samples->labels;
  const auto take = [&](auto* from, auto* to) {
    const size_t count = std::min(from->size(), most - front.size());
    to->assign(std::make_move_iterator(from->begin()),
               std::make_move_iterator(from->begin() + static_cast<std::ptrdiff_t>(count)));
    from->erase(from->begin(), from->begin() + static_cast<std::ptrdiff_t>(count));
  };
  take(&samples->floats, &front.floats);
  take(&samples->histograms, &front.histograms);
  return front;
}

}  // namespace

absl::Status RemoteWriter::Write(const SeriesSamples& samples) {
  if (samples.size() == 0) return absl::OkStatus();
  if (batch_size_ + samples.size() < options_.batch_samples) {
    AppendTimeSeries(samples, &batch_);
    batch_size_ += samples.size();
    return absl::OkStatus();
  }
  SeriesSamples rest = samples;
  while (rest.size() > 0) {
    const SeriesSamples front = TakeFront(&rest, options_.batch_samples - batch_size_);
    AppendTimeSeries(front, &batch_);
    batch_size_ += front.size();
    if (batch_size_ == options_.batch_samples) VARVE_RETURN_IF_ERROR(Flush());
  }
  return absl::OkStatus();
}

absl::Status RemoteWriter::Flush() {
  if (batch_size_ == 0) return absl::OkStatus();
  std::string body;
  snappy::Compress(batch_.data(), batch_.size(), &body);
  VARVE_RETURN_IF_ERROR(sender_.Send(body));
  samples_sent_ += batch_size_;
  batch_.clear();
  batch_size_ = 0;
  return on_sent_(samples_sent_);
}

}  // namespace varve::tools
