#include "ingest/syslog_frames.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace varve::ingest {
namespace {

using Messages = std::vector<std::string>;

// The messages of a stream that comes in pieces of `piece` bytes, and ends.
Messages Read(std::string_view stream, size_t piece, size_t bytes_max = 1000,
              uint64_t* truncated = nullptr) {
  SyslogFrames frames(bytes_max);
  Messages messages;
  std::string_view message;
  for (size_t at = 0; at < stream.size(); at += piece) {
    frames.Append(stream.substr(at, piece));
    while (frames.Next(&message)) messages.emplace_back(message);
  }
  if (frames.Last(&message)) messages.emplace_back(message);
  if (truncated != nullptr) *truncated = frames.truncated();
  return messages;
}

TEST_SUITE("ingest/syslog_frames") {
  TEST_CASE("lines end at a line feed, with or without a return, or at a NUL") {
    using namespace std::string_view_literals;
    for (size_t piece = 1; piece < 20; ++piece) {
      CHECK(Read("<1>a\n<2>b\r\n<3>c\0\n\n<4>d"sv, piece) ==
            Messages{"<1>a", "<2>b", "<3>c", "<4>d"});
    }
  }

  TEST_CASE("a counted message may have line feeds in it; what follows may be a line") {
    for (size_t piece = 1; piece < 30; ++piece) {
      CHECK(Read("7 <1>a\nbc6 <2>cd\n<3>e\n5 <4>fg", piece) ==
            Messages{"<1>a\nbc", "<2>cd", "<3>e", "<4>fg"});
    }
  }

  TEST_CASE("text that begins with a number is a line") {
    for (size_t piece = 1; piece < 30; ++piece) {
      CHECK(Read("12 monkeys\n007 bond\n3\n12345678901 <x\n0 <1>a\n", piece) ==
            Messages{"12 monkeys", "007 bond", "3", "12345678901 <x", "0 <1>a"});
    }
  }

  TEST_CASE("of a message that is too long the beginning is kept, and the next one is found") {
    const std::string text(50, 'x');
    for (size_t piece = 1; piece < 70; ++piece) {
      uint64_t truncated = 0;
      CHECK(Read("<1>" + text + "\n<2>b\n", piece, 10, &truncated) ==
            Messages{"<1>xxxxxxx", "<2>b"});
      CHECK(truncated == 1);
      CHECK(Read("53 <1>" + text + "4 <2>b", piece, 10, &truncated) ==
            Messages{"<1>xxxxxxx", "<2>b"});
      CHECK(truncated == 1);
    }
    CHECK(Read("999999999 <1>" + text, 7, 10) == Messages{"<1>xxxxxxx"});
  }

  TEST_CASE("a message of exactly the greatest size is whole") {
    uint64_t truncated = 0;
    CHECK(Read("<1>4567890\n<2>\n", 3, 10, &truncated) == Messages{"<1>4567890", "<2>"});
    CHECK(Read("10 <1>45678903 <2>", 3, 10, &truncated) == Messages{"<1>4567890", "<2>"});
    CHECK(truncated == 0);
  }

  TEST_CASE("a counted message whose end is missing is kept at the end") {
    CHECK(Read("20 <1>abc", 4) == Messages{"20 <1>abc"});
  }

  TEST_CASE("any pieces give the messages of the whole") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
      std::string stream;
      Messages want;
      for (int i = 0; i < 20; ++i) {
        std::string message = "<13>";
        for (uint64_t n = random() % 40; n > 0; --n) {
          message.push_back("ab 0<>[]"[random() % 8]);
        }
        message.push_back('.');
        want.push_back(message);
        stream +=
            random() % 2 == 0 ? message + "\n" : std::to_string(message.size()) + " " + message;
      }
      CHECK(Read(stream, 1 + random() % 100) == want);
    }
  }

  TEST_CASE("a datagram loses the end of its line only") {
    using namespace std::string_view_literals;
    CHECK(SyslogDatagram("<1>a\n\0"sv) == "<1>a");
    CHECK(SyslogDatagram("<1>a\nb") == "<1>a\nb");
    CHECK(SyslogDatagram("\n").empty());
  }
}

}  // namespace
}  // namespace varve::ingest
