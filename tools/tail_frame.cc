#include "tools/tail_frame.h"

#include <simdjson.h>

#include <charconv>
#include <string>
#include <utility>

#include "storage/model/text.h"

namespace varve::tools {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

absl::Status FrameError(std::string_view wanted) {
  return absl::InternalError(storage::StrCat("cannot read a frame of the tail: want ", wanted));
}

}  // namespace

absl::StatusOr<TailFrame> ParseTailFrame(std::string_view text) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  object root;
  if (parser.parse(padded).get(root) != SUCCESS) return FrameError("a JSON object");
  TailFrame frame;
  array streams;
  if (root["streams"].get(streams) == SUCCESS) {
    for (const element item : streams) {
      AnswerStream stream;
      object labels;
      array values;
      if (item["stream"].get(labels) != SUCCESS || item["values"].get(values) != SUCCESS) {
        return FrameError("a stream and its values");
      }
      for (const auto field : labels) {
        std::string_view value;
        if (field.value.get(value) != SUCCESS) return FrameError("a label's value");
        stream.labels.emplace_back(std::string(field.key), std::string(value));
      }
      for (const element value : values) {
        std::string_view time;
        std::string_view line_text;
        AnswerLine line;
        if (value.at(0).get(time) != SUCCESS || value.at(1).get(line_text) != SUCCESS) {
          return FrameError("a time and a line");
        }
        const auto [end, error] =
            std::from_chars(time.data(), time.data() + time.size(), line.time_ns);
        if (error != std::errc() || end != time.data() + time.size()) {
          return FrameError("a time in nanoseconds");
        }
        line.line = line_text;
        stream.lines.push_back(std::move(line));
      }
      frame.streams.push_back(std::move(stream));
    }
  }
  array dropped;
  if (root["dropped_entries"].get(dropped) == SUCCESS) frame.dropped = dropped.size();
  return frame;
}

}  // namespace varve::tools
