#include "server/logger.h"

#include <doctest/doctest.h>

#include <vector>

namespace varve::server {
namespace {

class Lines {
 public:
  Logger::Sink sink() {
    return [this](std::string_view line) { lines_.emplace_back(line); };
  }
  // Without the time, which differs.
  std::string WithoutTime(size_t index) const {
    return lines_.at(index).substr(lines_.at(index).find("level"));
  }
  size_t size() const { return lines_.size(); }

 private:
  std::vector<std::string> lines_;
};

}  // namespace

TEST_SUITE("server/logger") {
  TEST_CASE("lines are logfmt, with quotes where a value needs them") {
    Lines lines;
    Logger logger(LogLevel::kInfo, LogFormat::kLogfmt, lines.sink());
    logger.Info("all well", {{"address", "127.0.0.1:80"}, {"err", "a \"b\"\nc"}, {"empty", ""}});
    CHECK(lines.WithoutTime(0) ==
          "level=INFO msg=\"all well\" address=127.0.0.1:80 err=\"a \\\"b\\\"\\nc\" empty=\"\"\n");
  }

  TEST_CASE("lines are JSON where asked for") {
    Lines lines;
    Logger logger(LogLevel::kInfo, LogFormat::kJson, lines.sink());
    logger.Warn("x", {{"a", "1\n2"}});
    CHECK(lines.WithoutTime(0) == "level\":\"WARN\",\"msg\":\"x\",\"a\":\"1\\n2\"}\n");
  }

  TEST_CASE("levels below the one wanted are not written") {
    Lines lines;
    Logger logger(LogLevel::kWarn, LogFormat::kLogfmt, lines.sink());
    logger.Debug("d");
    logger.Info("i");
    logger.Warn("w");
    logger.Error("e");
    CHECK(lines.size() == 2);
  }

  TEST_CASE("a message that repeats is held back after ten lines, others are not") {
    Lines lines;
    Logger logger(LogLevel::kInfo, LogFormat::kLogfmt, lines.sink());
    for (int i = 0; i < 1000; ++i) logger.Error("disk full", {{"n", std::to_string(i)}});
    CHECK(lines.size() == 10);
    logger.Info("other");
    CHECK(lines.size() == 11);
  }
}

}  // namespace varve::server
