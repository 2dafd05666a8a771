// log_lines: entries of every kind, made from a seed, and a judge of what became of them.
//
//   log_lines generate SEED COUNT DAY   entries as JSON lines, to standard output
//   log_lines compare SEED COUNT DAY    reads an export from standard input; exits 1 where anything
//                                       is missing, changed, repeated or out of order
//   log_lines store SEED COUNT DAY FOLDER
//                                       the same after each step of a database (store_steps.h)
//
// All entries lie in the UTC day with this number. What went wrong is on standard error.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ingest/utf8.h"
#include "query/template/base64.h"
#include "tests/http/log_lines/store_steps.h"
#include "tests/http/log_lines/stream_lines.h"
#include "tools/text_table.h"
#include "tools/transfer/log_json.h"

namespace varve::tools {
namespace {

using storage::StrAppend;

std::string Timestamp(int64_t time_ns) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(time_ns),
                          absl::UTCTimeZone());
}

void AppendLabels(const LogLabels& labels, std::string* out) {
  *out += '{';
  bool first = true;
  for (const auto& [name, value] : labels) {
    StrAppend(out, first ? "" : ",", JsonQuote(name), ":", JsonQuote(value));
    first = false;
  }
  *out += '}';
}

int Generate(uint64_t seed, uint64_t count, int64_t day) {
  std::vector<StreamLines> streams = AllStreams(seed, count, day);
  LogEntry entry;
  std::string text;
  for (uint64_t i = 0; i < count / kStreams; ++i) {
    for (StreamLines& stream : streams) {
      if (!stream.Next(&entry)) return EXIT_FAILURE;
      text = StrCat("{\"timestamp\":\"", Timestamp(entry.timestamp_ns), "\",\"labels\":");
      AppendLabels(entry.labels, &text);
      if (!entry.metadata.empty()) {
        text += ",\"metadata\":";
        AppendLabels(entry.metadata, &text);
      }
      if (ingest::IsUtf8(entry.line)) {
        StrAppend(&text, ",\"line\":", JsonQuote(entry.line), "}\n");
      } else {
        StrAppend(&text, ",\"line_base64\":\"", query::EncodeBase64(entry.line), "\"}\n");
      }
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return EXIT_FAILURE;
    }
  }
  return std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Compare(uint64_t seed, uint64_t count, int64_t day) {
  StreamJudge judge(seed, count, day);
  std::string text;
  LogEntry got;
  while (std::getline(std::cin, text)) {
    if (const absl::Status parsed = ParseLogJson(text, &got); !parsed.ok()) {
      std::cerr << "line " << judge.number() + 1 << ": " << parsed << '\n';
      return EXIT_FAILURE;
    }
    if (!judge.Take(got)) break;
  }
  if (!judge.error().empty() || !judge.Finish()) {
    std::cerr << judge.error() << '\n';
    return EXIT_FAILURE;
  }
  std::cerr << judge.number() << " entries, " << judge.bytes() << " bytes of lines\n";
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace varve::tools

int main(int argument_count, char** arguments) {
  if (argument_count < 5) {
    std::cerr << "usage: log_lines generate|compare|store SEED COUNT DAY [FOLDER]\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  const std::string command = arguments[1];
  const uint64_t seed = std::strtoull(arguments[2], nullptr, 10);
  const uint64_t count = std::strtoull(arguments[3], nullptr, 10);
  const int64_t day = std::strtoll(arguments[4], nullptr, 10);
  if (command == "generate") return varve::tools::Generate(seed, count, day);
  if (command == "compare") return varve::tools::Compare(seed, count, day);
  if (command != "store" || argument_count != 6) return 2;
  const absl::Status stored = varve::tools::StoreAndCompare(seed, count, day, arguments[5]);
  if (!stored.ok()) std::cerr << stored << '\n';
  return stored.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
