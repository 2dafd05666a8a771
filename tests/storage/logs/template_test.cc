#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "storage/logs/line_lexer.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_template.h"
#include "storage/logs/log_template_table.h"
#include "storage/logs/template_decoder.h"
#include "storage/logs/template_encoder.h"
#include "storage/logs/template_match.h"
#include "tests/storage/logs/line_generator.h"

namespace varve::storage {
namespace {

std::string Split(std::string_view line, WordMode words = WordMode::kFixed) {
  LineLexer lexer;
  lexer.Split(line, words);
  std::string text = LogTemplate::Parse(lexer.pattern()).value().ToString();
  for (const std::string_view value : lexer.values()) text.append("|").append(value);
  return text;
}

std::string Join(const LineLexer& lexer) {
  const LogTemplate parsed = LogTemplate::Parse(lexer.pattern()).value();
  std::string line;
  for (size_t i = 0; i <= parsed.slots().size(); ++i) {
    line.append(parsed.piece(i));
    if (i < parsed.slots().size()) line.append(lexer.values()[i]);
  }
  return line;
}

// A block of lines, encoded once.
class EncodedLines {
 public:
  explicit EncodedLines(const std::vector<std::string>& lines) : lines_(lines) {
    offsets_.push_back(0);
    for (const std::string& line : lines) {
      messages_.append(line);
      offsets_.push_back(static_cast<uint32_t>(messages_.size()));
      timestamps_.push_back(static_cast<int64_t>(timestamps_.size()) * 1'500'000'000 - 7);
    }
    TemplateEncoder encoder(&table_);
    encoder.Split(messages_, offsets_, timestamps_);
    group_ = encoder.Finish();
  }

  const std::string& group() const { return group_; }

  absl::Status Open(std::string_view group, TemplateDecoder* decoder) const {
    return decoder->Open(group, &table_, timestamps_);
  }
  // The lines of some rows, one behind the other.
  std::string Read(const std::vector<uint32_t>& rows) const {
    TemplateDecoder decoder;
    REQUIRE(Open(group_, &decoder).ok());
    std::string text;
    std::vector<uint32_t> offsets;
    REQUIRE(decoder.MakeLines(rows, kLogBlockRawBytesMax, &text, &offsets).ok());
    return text;
  }
  std::string ReadAll() const {
    std::vector<uint32_t> rows(lines_.size());
    std::iota(rows.begin(), rows.end(), 0);
    return Read(rows);
  }
  const std::string& messages() const { return messages_; }

  // Whether a search finds exactly the lines that have the needle.
  bool FindsExactly(const LineSearch& needle) const {
    TemplateDecoder decoder;
    if (!Open(group_, &decoder).ok()) return false;
    std::vector<uint8_t> mask(lines_.size());
    if (!decoder.Find(needle, &mask).ok()) return false;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if ((mask[i] != 0) != needle.In(lines_[i])) return false;
    }
    return true;
  }

 private:
  std::vector<std::string> lines_;
  LogTemplateTable table_;
  std::string messages_;
  std::vector<uint32_t> offsets_;
  std::vector<int64_t> timestamps_;
  std::string group_;
};

TEST_SUITE("storage/logs/template") {
  TEST_CASE("what has digits becomes a slot, words stay") {
    CHECK(Split("took 12 ms") == "took <_> ms|12");
    CHECK(Split("sshd[24200]: port 22 ssh2") == "sshd[<_>]: port <_> ssh<_>|24200|22|2");
    CHECK(Split("at 18:01:48,963 from 10.251.73.220:50010") ==
          "at <_>,<_> from <_>:<_>|18:01:48|963|10.251.73.220|50010");
    CHECK(Split("progress 0.295472 v1.2.3") == "progress <_> v<_>.<_>.<_>|0.295472|1|2|3");
    CHECK(Split("[instance: a015cf14-84bb-4156-a48d-7c4824ac7a9d]") ==
          "[instance: <_>]|a015cf14-84bb-4156-a48d-7c4824ac7a9d");
    CHECK(Split("stack @0x7fed806eb5d") == "stack @0x<_>|7fed806eb5d");
    CHECK(Split("id x7Gh3k9Qz") == "id <_>|x7Gh3k9Qz");
    CHECK(Split("25:61:00 99.999.1.1") == "<_>:<_>:<_> <_>.<_>.<_>.<_>|25|61|00|99|999|1|1");
    CHECK(Split("") == "");
    CHECK(Split(std::string_view("\x01\x02", 2)) == std::string_view("\x01\x02", 2));
  }

  TEST_CASE("in JSON keys stay and values become slots") {
    CHECK(Split(R"({"level":"info","code2":500,"path":"/u/17/x","ok":true})") ==
          R"({"level":"<_>","code2":<_>,"path":"<_><_><_>","ok":true}|info|500|/u/|17|/x)");
    CHECK(Split(R"({"a\"b":"c\"d"})") == R"({"a\"b":"<_>"}|c\"d)");
    CHECK(Split(R"({"cut 7})") == R"({"cut <_>}|7)");
    // A slot that ended in half an escape would let the next one say where the string ends.
    CHECK(Split(R"({"a":"b\f0 7"})") == R"({"a":"<_>"}|b\f0 7)");
    CHECK(Split(R"({"a":"b\\f0 7"})") == R"({"a":"<_><_><_><_>"}|b\\|f0| |7)");
  }

  TEST_CASE("words can be slots") {
    CHECK(Split("user bob logged in 3 times", WordMode::kSlots) ==
          "<_> <_> <_> <_> <_> <_>|user|bob|logged|in|3|times");
  }

  TEST_CASE("a pattern with its values is the line again, for any line") {
    LineGenerator generator(20261126);
    MESSAGE("seed 20261126");
    LineLexer lexer;
    for (int i = 0; i < 20'000; ++i) {
      const std::string line = generator.Next();
      for (const WordMode words : {WordMode::kFixed, WordMode::kSlots}) {
        lexer.Split(line, words);
        REQUIRE(Join(lexer) == line);
      }
    }
  }

  TEST_CASE("lines come back byte for byte, all or some of them") {
    for (const uint64_t seed : {1, 2, 3, 4}) {
      CAPTURE(seed);
      LineGenerator generator(seed);
      std::vector<std::string> lines;
      for (int i = 0; i < 3'000; ++i) lines.push_back(generator.Next());
      const EncodedLines encoded(lines);
      CHECK(encoded.ReadAll() == encoded.messages());
      std::string some;
      std::vector<uint32_t> rows;
      for (uint32_t i = static_cast<uint32_t>(seed); i < lines.size(); i += 7) {
        rows.push_back(i);
        some.append(lines[i]);
      }
      CHECK(encoded.Read(rows) == some);
    }
  }

  TEST_CASE("a search finds the lines that have the text, and no other") {
    for (const uint64_t seed : {11, 12, 13}) {
      CAPTURE(seed);
      LineGenerator generator(seed);
      std::mt19937_64 random(seed);
      std::vector<std::string> lines;
      for (int i = 0; i < 1'000; ++i) lines.push_back(generator.Next());
      const EncodedLines encoded(lines);
      for (int i = 0; i < 600; ++i) {
        // A piece of a line, sometimes changed in one byte.
        const std::string& from = lines[random() % lines.size()];
        if (from.empty()) continue;
        const size_t begin = random() % from.size();
        std::string text = from.substr(begin, 1 + random() % 12);
        if (random() % 4 == 0) text[random() % text.size()] ^= 0x20;
        CAPTURE(text);
        CHECK(encoded.FindsExactly(LineSearch(text)));
        CHECK(encoded.FindsExactly(LineSearch(text, LetterCase::kEither)));
      }
    }
  }

  TEST_CASE("damaged bytes are refused or give other text, never more than there is room for") {
    LineGenerator generator(5);
    std::vector<std::string> lines;
    for (int i = 0; i < 300; ++i) lines.push_back(generator.Next());
    const EncodedLines encoded(lines);
    std::mt19937_64 random(5);
    std::vector<uint32_t> rows(lines.size());
    std::iota(rows.begin(), rows.end(), 0);
    for (int i = 0; i < 2'000; ++i) {
      std::string damaged = encoded.group();
      const size_t at = random() % damaged.size();
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
      TemplateDecoder decoder;
      if (!encoded.Open(damaged, &decoder).ok()) continue;
      std::string text;
      std::vector<uint32_t> offsets;
      if (!decoder.MakeLines(rows, kLogBlockRawBytesMax, &text, &offsets).ok()) continue;
      CHECK(text.size() <= kLogBlockRawBytesMax);
    }
  }

  TEST_CASE("a table gives its templates back; slots behind one beginning share a path") {
    LogTemplateTable table;
    std::vector<std::string> patterns;
    for (const std::string_view line : {"took 1 ms", "took 2 s", "", "other 3"}) {
      LineLexer lexer;
      lexer.Split(line, WordMode::kFixed);
      patterns.push_back(lexer.pattern());
      CHECK(table.Intern(lexer.pattern()) == patterns.size() - 1);
    }
    CHECK(table.Intern(patterns[1]) == 1);
    CHECK_FALSE(table.Intern("\x01").has_value());
    CHECK_FALSE(table.Intern("\x01\x09").has_value());
    LogTemplateTable read;
    REQUIRE(read.Decode(table.Encode()).ok());
    REQUIRE(read.size() == 4);
    for (uint32_t i = 0; i < 4; ++i) CHECK(read.at(i).pattern() == patterns[i]);
    CHECK(read.paths(0) == read.paths(1));
    CHECK(read.paths(0) != read.paths(3));
    CHECK(read.path_count() == 2);
    const std::string bytes = table.Encode();
    for (size_t size = 0; size < bytes.size(); ++size) {
      LogTemplateTable cut;
      CHECK_FALSE(cut.Decode(std::string_view(bytes).substr(0, size)).ok());
    }
  }

  TEST_CASE("a template tells where a text can stand") {
    LineLexer lexer;
    lexer.Split("user 12 took 3 ms", WordMode::kFixed);
    const LogTemplate parsed = LogTemplate::Parse(lexer.pattern()).value();
    const auto match = [&](std::string_view text) {
      return MatchTemplate(parsed, LineSearch(text));
    };
    CHECK(match("took").every_line);
    CHECK(match("error").no_line());
    CHECK(match("77").slots == std::vector<uint32_t>{0, 1});
    CHECK_FALSE(match("77").across);
    CHECK(match("r 7").across);
    CHECK(match("7 took 9").across);
    CHECK(match("7 tok 9").no_line());
    CHECK(match("fade").slots.size() == 2);
    CHECK(match("7 took " + std::string(80, '9')).across);
    CHECK(match("7 tok " + std::string(80, '9')).no_line());
    // With the bytes that values really have.
    ByteSet digits;
    for (const char c : std::string_view("0123456789")) digits.set(static_cast<uint8_t>(c));
    const std::vector<ByteSet> held(2, digits);
    CHECK(MatchTemplate(parsed, LineSearch("r a"), held).no_line());
    CHECK(match("r a").across);
    CHECK(MatchTemplate(parsed, LineSearch("r 7"), held).across);
    CHECK(MatchTemplate(parsed, LineSearch("USER", LetterCase::kEither)).every_line);
    CHECK(match("USER").no_line());
  }
}

}  // namespace
}  // namespace varve::storage
