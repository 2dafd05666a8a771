#include "server/syslog/syslog_writer.h"

#include <pthread.h>

#include <utility>

#include "storage/model/text.h"

namespace varve::server {
namespace {

constexpr size_t kBatchBytesMax = 4 << 20;
constexpr int64_t kRetryPauseMs = 500;

}  // namespace

void SyslogWriter::Start() {
  thread_ = std::thread([this] { Run(); });
}

void SyslogWriter::Stop() {
  setup_.queue->Stop();
  if (thread_.joinable()) thread_.join();
}

void SyslogWriter::Run() {
  pthread_setname_np(pthread_self(), "varve-syslog-w");
  std::vector<SyslogWaiting> messages;
  while (setup_.queue->Take(kBatchBytesMax, &messages)) {
    Store(messages);
    setup_.queue->Release(messages);
    setup_.on_room();
  }
}

void SyslogWriter::Store(const std::vector<SyslogWaiting>& messages) {
  std::vector<ingest::SyslogInput> inputs;
  inputs.reserve(messages.size());
  for (const SyslogWaiting& waiting : messages) {
    inputs.push_back({waiting.message, waiting.source->address, waiting.received_ns, number_++});
  }
  ingest::LokiPushRequest request;
  const ingest::SyslogOptions options{setup_.zone, setup_.range_ns()};
  setup_.counters->malformed()->Add(
      ingest::DecodeSyslogBatch(inputs, options, setup_.push, &request));
  storage::AppendResult result = setup_.store(request.batch);
  while (!result.status.ok()) {
    setup_.logger->Warn("cannot store messages of syslog, trying again",
                        {{"err", std::string(storage::ToStd(result.status.message()))}});
    if (!setup_.queue->Rest(kRetryPauseMs)) {
      for (const SyslogWaiting& waiting : messages) {
        setup_.counters->Dropped(waiting.source->protocol, "not_stored")->Add();
      }
      return;
    }
    result = setup_.store(request.batch);
  }
  for (size_t i = 0; i < storage::kRejectReasons; ++i) {
    const uint64_t count = request.rejected_by[i] + result.rejected_by[i];
    if (count > 0) setup_.on_rejected(static_cast<storage::RejectReason>(i), count);
  }
}

}  // namespace varve::server
