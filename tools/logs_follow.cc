#include "tools/logs_follow.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/progress_bar.h"
#include "tools/tail_frame.h"
#include "tools/terminal_text.h"
#include "tools/web_socket_client.h"

namespace varve::tools {
namespace {

using storage::StrCat;

constexpr int64_t kWaitMaxMs = 30'000;
// Lines after a connection was opened again that may have been printed before it ended.
constexpr uint64_t kMissedLinesMax = 5000;

// The lines of the newest time that were printed: the next connection begins with them.
class LastLines {
 public:
  // Whether the line is one of them.
  bool Has(const AnswerLabels& labels, const AnswerLine& line) const {
    return line.time_ns == time_ns_ && lines_.contains(Key(labels, line));
  }
  void Add(const AnswerLabels& labels, const AnswerLine& line) {
    if (line.time_ns < time_ns_) return;
    if (line.time_ns > time_ns_) lines_.clear();
    time_ns_ = line.time_ns;
    lines_.insert(Key(labels, line));
  }
  int64_t time_ns() const { return time_ns_; }

 private:
  static std::string Key(const AnswerLabels& labels, const AnswerLine& line) {
    return StrCat(SeriesText(labels), "\n", line.line);
  }
  int64_t time_ns_ = INT64_MIN;
  absl::flat_hash_set<std::string> lines_;
};

struct PlacedLine {
  const AnswerLabels* labels;
  const AnswerLine* line;
};

// The lines of a frame in the order of their times.
std::vector<PlacedLine> Ordered(const TailFrame& frame) {
  std::vector<PlacedLine> lines;
  for (const AnswerStream& stream : frame.streams) {
    for (const AnswerLine& line : stream.lines) lines.push_back({&stream.labels, &line});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const PlacedLine& a, const PlacedLine& b) {
    return a.line->time_ns < b.line->time_ns;
  });
  return lines;
}

// Prints frames until the connection ends.
absl::Status PrintFrames(WebSocketClient* tail, LastLines* last, LogLinePrinter* printer,
                         const CommandContext& context) {
  // Only what comes first may have been printed before.
  bool is_first = true;
  while (true) {
    const absl::StatusOr<std::string> text = tail->Read();
    if (!text.ok()) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const TailFrame frame, ParseTailFrame(*text));
    const LastLines before = is_first ? *last : LastLines();
    is_first = false;
    for (const PlacedLine& placed : Ordered(frame)) {
      if (before.Has(*placed.labels, *placed.line)) continue;
      VARVE_RETURN_IF_ERROR(printer->Print(*placed.labels, *placed.line));
      last->Add(*placed.labels, *placed.line);
    }
    context.out->flush();
    if (!context.out->good()) return absl::OkStatus();  // told by the caller
    if (frame.dropped > 0) {
      *context.err << "varve: " << GroupedNumber(frame.dropped)
                   << (frame.dropped == 1 ? " line was" : " lines were")
                   << " left out: they came faster than they could be printed\n";
    }
  }
}

}  // namespace

absl::Status FollowLogs(const FollowOptions& options, LogLinePrinter* printer,
                        const CommandContext& context) {
  LastLines last;
  int64_t wait_ms = options.reconnect_wait_ms;
  for (uint64_t attempt = 0;; ++attempt) {
    const bool is_again = last.time_ns() != INT64_MIN;
    const auto tail =
        WebSocketClient::Open(*context.http, "/loki/api/v1/tail",
                              {{"query", options.query},
                               {"start", StrCat(is_again ? last.time_ns() : options.start_ns)},
                               {"limit", StrCat(is_again ? kMissedLinesMax : options.limit)}});
    if (tail.ok()) {
      if (attempt > 0) *context.err << "varve: connected again\n";
      wait_ms = options.reconnect_wait_ms;
      VARVE_RETURN_IF_ERROR(PrintFrames(tail->get(), &last, printer, context));
      if (!context.out->good()) return absl::OkStatus();
    } else if (attempt == 0 || !absl::IsUnavailable(tail.status())) {
      return tail.status();
    }
    if (attempt == options.reconnects) return absl::OkStatus();
    *context.err << "varve: the connection to " << context.http->url() << " ended, trying again in "
                 << wait_ms << " ms\n";
    context.err->flush();
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    wait_ms = std::min(wait_ms * 2, kWaitMaxMs);
  }
}

}  // namespace varve::tools
