// LineGenerator: log lines of every kind, for round trips: like those of real services, JSON, and
// what no service should write.
#ifndef TESTS_STORAGE_LOGS_LINE_GENERATOR_H_
#define TESTS_STORAGE_LOGS_LINE_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace varve::storage {

class LineGenerator {
 public:
  explicit LineGenerator(uint64_t seed) : random_(seed) {}

  std::string Next() {
    std::string line = Fresh();
    while (Below(12) == 0) Mutate(&line);
    return line;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string Number(uint64_t digits_max) {
    std::string text;
    for (uint64_t i = 0, n = 1 + Below(digits_max); i < n; ++i) {
      text.push_back(static_cast<char>('0' + Below(10)));
    }
    return text;
  }
  std::string Of(std::string_view alphabet, uint64_t count) {
    std::string text;
    for (uint64_t i = 0; i < count; ++i) text.push_back(alphabet[Below(alphabet.size())]);
    return text;
  }
  std::string Hex(uint64_t count) { return Of("0123456789abcdef", count); }
  std::string Two(uint64_t bound) {
    const uint64_t value = Below(bound);
    return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  }
  std::string Clock() { return Two(25) + ":" + Two(61) + ":" + Two(61); }
  std::string Word() {
    static constexpr std::string_view kWords[] = {
        "error",       "Failed",  "session", "opened",    "for",  "user", "root",
        "node",        "timeout", "K\u212a", "\u017fync", "disk", "",     "\x1b[31mred\x1b[0m",
        "caf\xc3\xa9", "null",    "TASK"};
    return std::string(kWords[Below(std::size(kWords))]);
  }
  std::string Uuid() { return Hex(8) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(12); }
  std::string Ip() {
    return std::to_string(Below(260)) + "." + std::to_string(Below(256)) + "." +
           std::to_string(Below(256)) + "." + std::to_string(Below(256));
  }

  std::string Fresh() {
    switch (Below(12)) {
      case 0:
        return "2026-01-" + Two(32) + " " + Clock() + "," + Number(3) + " INFO [" + Word() +
               "] took " + Number(5) + " ms, ratio " + Number(2) + "." + Number(6);
      case 1:
        return "sshd[" + Number(5) + "]: Failed password for " + Word() + " from " + Ip() +
               " port " + Number(5) + " ssh2";
      case 2:
        return "[req-" + Uuid() + " " + Hex(32) + "] \"GET /v2/" + Hex(8) +
               "\" status: " + Number(3);
      case 3:
        return "{\"level\":\"" + Word() + "\",\"n\":" + Number(4) + ",\"t\":\"2026-01-02T" +
               Clock() + "Z\",\"path\":\"/u/" + Number(6) + "/x\",\"id\":\"" + Uuid() + "\"}";
      case 4:
        return "{\"cut\":\"" + Word() + Number(3);
      case 5: {
        std::string bytes;
        for (uint64_t i = 0, n = Below(60); i < n; ++i) {
          bytes.push_back(static_cast<char>(Below(256)));
        }
        return bytes;
      }
      case 6:
        return "";
      case 7:
        return "0x" + Hex(1 + Below(16)) + " 0x" + Of("0123456789ABCDEF", 8) + " " +
               Of("abcXYZ0123456789", 1 + Below(14)) + " " + Number(25);
      case 8: {
        std::string words;
        for (uint64_t i = 0, n = Below(20); i < n; ++i) words += Word() + " ";
        return words;
      }
      case 9:
        return "mac " + Hex(2) + ":" + Hex(2) + ":" + Hex(2) + ":" + Hex(2) + " v" + Number(1) +
               "." + Number(2) + "." + Number(1) + " -" + Number(19) + " 00" + Number(3);
      case 10:
        return "blk_-" + Number(19) + " size " + Number(9) + " src: /" + Ip() + ":50010";
      default:
        return Word() + " " + Word() + " " + std::to_string(Below(20));
    }
  }

  void Mutate(std::string* line) {
    if (line->empty()) return;
    const uint64_t at = Below(line->size());
    switch (Below(4)) {
      case 0:
        (*line)[at] = static_cast<char>(Below(256));
        break;
      case 1:
        line->erase(at, 1 + Below(5));
        break;
      case 2:
        line->insert(at, Of("01 :.-{}\"\\x\x01", 1 + Below(3)));
        break;
      default:
        line->append(line->substr(at));
        break;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace varve::storage

#endif  // TESTS_STORAGE_LOGS_LINE_GENERATOR_H_
