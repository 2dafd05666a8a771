// `varve export` and `varve import` through the command line, with a server made of paper.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/tools/command_run.h"
#include "tests/tools/fake_server.h"
#include "tests/tools/prometheus_block/block_writer.h"
#include "tests/tools/write_request.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/varve-transfer-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

SeriesSamples Series(const std::string& job, std::vector<storage::Sample> samples) {
  SeriesSamples series;
  series.labels = storage::LabelSet{{"__name__", "up"}, {"job", job}};
  series.floats = std::move(samples);
  return series;
}

SeriesSamples NativeHistogram() {
  SeriesSamples series;
  series.labels = storage::LabelSet{{"__name__", "h"}};
  storage::HistogramSample& sample = series.histograms.emplace_back();
  sample.timestamp_ms = 5;
  sample.histogram.count = 3;
  sample.histogram.positive_spans = {{0, 1}};
  sample.histogram.positive_counts = {3};
  return series;
}

FakeAnswer Answer(const std::vector<SeriesSamples>& series) {
  return {.content_type = "application/x-protobuf", .body = MakeReadAnswer(series)};
}

CommandRun Export(FakeServer* server, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "export");
  arguments.insert(arguments.end(), {"--url", server->url(), "--start", "1970-01-01", "--end",
                                     "1970-01-01T00:00:09Z", "--chunk", "5s"});
  return RunVarve(std::move(arguments));
}

CommandRun Import(FakeServer* server, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "import");
  arguments.insert(arguments.end(), {"--url", server->url()});
  return RunVarve(std::move(arguments));
}

std::vector<SeriesSamples> Sent(FakeServer* server) {
  std::vector<SeriesSamples> all;
  for (const FakeRequest& request : server->requests()) {
    for (SeriesSamples& series : ReadWriteRequest(request.body)) all.push_back(std::move(series));
  }
  return all;
}

TEST_SUITE("tools/transfer_command") {
  TEST_CASE("an export asks piece by piece and writes every format") {
    const std::vector<SeriesSamples> first = {Series("a", {{0, 1}, {1000, storage::StaleMarker()}}),
                                              NativeHistogram()};
    const std::vector<SeriesSamples> second = {Series("a", {{6500, 0.5}})};
    const std::pair<const char*, std::string> cases[] = {
        {"jsonl",
         R"({"metric":{"__name__":"up","job":"a"},"values":[1,"StaleNaN"],"timestamps":[0,1000]})"
         "\n"
         R"({"metric":{"__name__":"h"},"histograms":[{"timestamp":5,"schema":0,"float":false,)"
         R"("reset_hint":0,"zero_threshold":0,"zero_count":0,"count":3,"sum":0,)"
         R"("positive_spans":[[0,1]],"positive_counts":[3],"negative_spans":[],)"
         R"("negative_counts":[],"custom_values":[]}]})"
         "\n"
         R"({"metric":{"__name__":"up","job":"a"},"values":[0.5],"timestamps":[6500]})"
         "\n"},
        {"openmetrics", "up{job=\"a\"} 1 0\nup{job=\"a\"} 0.5 6.5\n# EOF\n"},
        {"csv",
         "series,timestamp_ms,value\n\"up{job=\"\"a\"\"}\",0,1\n\"up{job=\"\"a\"\"}\",6500,0.5\n"}};
    for (const auto& [format, wanted] : cases) {
      FakeServer server({Answer(first), Answer(second)});
      const CommandRun run = Export(&server, {"--format", format});
      INFO(format, run.err);
      CHECK(run.code == kExitOk);
      CHECK(run.out == wanted);
      CHECK(server.requests()[0].target == "/api/v1/read");
      const bool lossless = std::string(format) == "jsonl";
      CHECK((run.err.find("left out 2 histograms and ends of series") == std::string::npos) ==
            lossless);
    }
  }

  TEST_CASE("an export that was interrupted goes on, and ends with the same file") {
    const Folder folder;
    const std::vector<FakeAnswer> answers = {Answer({Series("a", {{0, 1}})}),
                                             Answer({Series("a", {{6500, 2}})})};
    FakeServer whole(answers);
    REQUIRE(Export(&whole, {"--file", folder / "whole"}).code == kExitOk);
    CHECK_FALSE(fs::exists(folder / "whole.varve-export"));

    FakeServer broken({answers[0], {.status = 500}});
    CHECK(Export(&broken, {"--file", folder / "parts"}).code == kExitFailed);
    CHECK(fs::exists(folder / "parts.varve-export"));
    std::ofstream(folder / "parts", std::ios::app) << "half a line";
    FakeServer rest({answers[1]});
    const CommandRun run = Export(&rest, {"--file", folder / "parts", "--resume"});
    INFO(run.err);
    CHECK(run.code == kExitOk);
    CHECK(ReadFile(folder / "parts") == ReadFile(folder / "whole"));
    CHECK_FALSE(fs::exists(folder / "parts.varve-export"));
  }

  TEST_CASE("what is exported is imported: every format that can be read again") {
    const Folder folder;
    const std::vector<SeriesSamples> stored = {Series("a", {{0, 1}, {1000, 0.5}}),
                                               Series("b", {{1000, -1}})};
    for (const char* format : {"jsonl", "openmetrics", "remote-read"}) {
      INFO(format);
      FakeServer from({Answer(stored), Answer({})});
      REQUIRE(Export(&from, {"--format", format, "--file", folder / format}).code == kExitOk);
      FakeServer to(std::vector<FakeAnswer>{{.status = 204}});
      const CommandRun run = Import(&to, {folder / format});
      INFO(run.err);
      CHECK(run.code == kExitOk);
      CHECK(run.err.find("sent 3 samples") != std::string::npos);
      const std::vector<SeriesSamples> sent = Sent(&to);
      REQUIRE(sent.size() == 2);
      for (size_t i = 0; i < 2; ++i) {
        CHECK(sent[i].labels == stored[i].labels);
        REQUIRE(sent[i].floats.size() == stored[i].floats.size());
        for (size_t k = 0; k < sent[i].floats.size(); ++k) {
          CHECK(sent[i].floats[k].timestamp_ms == stored[i].floats[k].timestamp_ms);
          CHECK(sent[i].floats[k].value == stored[i].floats[k].value);
        }
      }
    }
  }

  TEST_CASE("blocks of Prometheus are imported, as far as they are wanted") {
    const Folder folder;
    WriteBlock(folder / "01JZ8JKZY6XSK3PTDP9ZKRWT60",
               {Series("a", {{1000, 1}, {2000, 2}, {3000, 3}}), Series("b", {{1000, 1}}),
                NativeHistogram()},
               {{0, 3000, 3000}}, 2);
    FakeServer server(std::vector<FakeAnswer>{{.status = 204}});
    CHECK(Import(&server, {folder / ""}).code == kExitOk);
    std::vector<SeriesSamples> sent = Sent(&server);
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].floats.size() == 2);
    CHECK(sent[2].histograms.size() == 1);

    FakeServer filtered(std::vector<FakeAnswer>{{.status = 204}});
    CHECK(Import(&filtered, {folder / "01JZ8JKZY6XSK3PTDP9ZKRWT60", "--match", "up{job=\"a\"}",
                             "--start", "2", "--end", "2.5"})
              .code == kExitOk);
    sent = Sent(&filtered);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].floats.size() == 1);
    CHECK(sent[0].floats[0].timestamp_ms == 2000);
  }

  TEST_CASE("an import that was interrupted goes on behind what was sent") {
    const Folder folder;
    std::ofstream file(folder / "lines");
    for (int i = 0; i < 10; ++i) file << "up{job=\"a\"} " << i << ' ' << i << '\n';
    file.close();
    FakeServer broken({{.status = 204}, {.status = 404}});
    const CommandRun run = Import(&broken, {folder / "lines", "--batch", "4"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find("--resume goes on from here") != std::string::npos);
    FakeServer rest({{.status = 204}, {.status = 204}});
    const CommandRun second = Import(&rest, {folder / "lines", "--batch", "4", "--resume"});
    INFO(second.err);
    CHECK(second.code == kExitOk);
    CHECK(second.err.find("sent 6 samples") != std::string::npos);
    CHECK(second.err.find("behind 4 sent before") != std::string::npos);
    CHECK(Sent(&rest)[0].floats[0].timestamp_ms == 4000);
    CHECK_FALSE(fs::exists(folder / "lines.varve-import"));
  }

  TEST_CASE("a line that cannot be read is named, and what stood before it was sent") {
    const Folder folder;
    std::ofstream(folder / "lines") << "up 1 1\nup 2 2\nup oops\n";
    FakeServer server(std::vector<FakeAnswer>{{.status = 204}});
    const CommandRun run = Import(&server, {folder / "lines"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find("cannot read line 3 of ") != std::string::npos);
    CHECK(Sent(&server)[0].floats.size() == 2);
  }

  TEST_CASE("samples the server refuses make the import fail in the end") {
    const Folder folder;
    std::ofstream(folder / "lines") << "up 1 1\nup 2 2\n";
    FakeServer server(
        {{.status = 400, .content_type = "text/plain", .body = "too old"}, {.status = 204}});
    const CommandRun run = Import(&server, {folder / "lines", "--batch", "1"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find("samples of 1 batch were refused, the first: ") != std::string::npos);
    CHECK(run.err.find("too old") != std::string::npos);
  }

  TEST_CASE("what cannot be meant is a wrong command line") {
    using Arguments = std::vector<std::string>;
    for (const Arguments& arguments :
         {Arguments{"export", "--resume"}, Arguments{"export", "--match", "{"},
          Arguments{"export", "--chunk", "0"}, Arguments{"export", "--format", "xml"},
          Arguments{"import"}, Arguments{"import", "-", "--resume"},
          Arguments{"import", "x", "--batch", "0"}, Arguments{"import", "x", "--match", "sum(x)"},
          Arguments{"import", "x", "--start", "soon"}}) {
      const CommandRun run = RunVarve(arguments);
      CAPTURE(arguments[0]);
      CAPTURE(run.err);
      CHECK(run.code == kExitUsage);
    }
    CHECK(RunVarve({"import", "/no/such/file"}).code == kExitFailed);
  }
}

}  // namespace
}  // namespace varve::tools
