#include "tools/tsdb_command.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "storage/io/file_names.h"
#include "storage/metrics/metric_part_writer.h"
#include "storage/part/manifest.h"
#include "tests/tools/command_run.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;
using storage::LabelSet;

constexpr int32_t kDay = 20'778;  // 2026-11-21
constexpr int64_t kDayMs = int64_t{kDay} * 86'400'000;

// A data directory with two parts: a series in both, and one in the first hour of the first only.
class DataDirectory {
 public:
  DataDirectory() {
    char pattern[] = "/tmp/varve-analyze-XXXXXX";
    path_ = mkdtemp(pattern);
    fs::create_directory(path_ + "/parts");
    auto* const files = storage::FileSystem::Posix();
    std::vector<std::string> names;
    for (uint64_t part = 1; part <= 2; ++part) {
      names.push_back(storage::PartFileName("metrics", part));
      auto writer = storage::MetricPartWriter::Open(files, PathOf(part),
                                                    {.part_id = part, .partition_day = kDay})
                        .value();
      std::vector<int64_t> times;
      std::vector<double> values;
      for (int i = 0; i < 100; ++i) {
        times.push_back(kDayMs + (static_cast<int64_t>(part) * 100 + i) * 15'000);
        values.push_back(i);
      }
      if (part == 1) {
        const std::vector<int64_t> begin(times.begin(), times.begin() + 2);
        const std::vector<double> few = {1, 1};
        REQUIRE(writer
                    ->AddSeries(LabelSet{{"__name__", "pods"}, {"pod", "gone"}, {"job", "k8s"}},
                                begin, few)
                    .ok());
      }
      REQUIRE(writer->AddSeries(LabelSet{{"__name__", "up"}, {"job", "node"}}, times, values).ok());
      REQUIRE(writer->Finish().ok());
    }
    auto manifest = storage::Manifest::Open(files, path_).value();
    REQUIRE(manifest->Apply({names, {}}).ok());
  }
  ~DataDirectory() { fs::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string PathOf(uint64_t part) const {
    return path_ + "/parts/" + storage::PartFileName("metrics", part);
  }

 private:
  std::string path_;
};

TEST_SUITE("tools/tsdb_command") {
  TEST_CASE("analyze counts each series once, over all parts") {
    const DataDirectory data;
    const CommandRun run = RunVarve({"tsdb", "analyze", data.path(), "-o", "csv"});
    INFO(run.err);
    CHECK(run.code == kExitOk);
    const std::string& out = run.out;
    CHECK(out.rfind("parts,series,label_pairs,samples,bytes,bytes_per_sample,from,to\n2,2,5,202,",
                    0) == 0);
    CHECK(out.find("2026-11-21T00:25:00.000Z,2026-11-21T01:14:45.000Z\n") != std::string::npos);
    CHECK(out.find("metric,series,samples,value_bytes,churn\npods,1,2,") != std::string::npos);
    CHECK(out.find("\nup,1,200,") != std::string::npos);
    CHECK(
        out.find("label,values,value_text_bytes,series\n__name__,2,6,2\njob,2,7,2\npod,1,4,1\n") !=
        std::string::npos);
    // What was always there does not churn.
    CHECK(out.find("label_pair,series,churn\n__name__=pods,1,1.0\njob=k8s,1,1.0\npod=gone,1,1.0\n"
                   "\ncodec,") != std::string::npos);
    CHECK(out.find("\nlinear,2,200,") != std::string::npos);
    CHECK(out.find("\nconstant,1,2,") != std::string::npos);
  }

  TEST_CASE("analyze prints tables and JSON, no more rows than wanted") {
    const DataDirectory data;
    const std::string table = RunVarve({"tsdb", "analyze", data.path(), "--top", "1"}).out;
    CHECK(table.find("pods") != std::string::npos);
    CHECK(table.find("\nup ") == std::string::npos);
    const std::string json = RunVarve({"tsdb", "analyze", data.path(), "-o", "json"}).out;
    CHECK(json.rfind("{\"summary\":\n[", 0) == 0);
    CHECK(json.find(",\"codecs\":\n[") != std::string::npos);
    CHECK(json.substr(json.size() - 2) == "}\n");
  }

  TEST_CASE("a damaged part costs itself only, and the exit code tells") {
    const DataDirectory data;
    fs::resize_file(data.PathOf(2), 10);
    const CommandRun run = RunVarve({"tsdb", "analyze", data.path(), "-o", "csv"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find(data.PathOf(2)) != std::string::npos);
    CHECK(run.out.find("\n1,2,5,102,") != std::string::npos);
    CHECK(RunVarve({"tsdb", "analyze", "/no/such/folder"}).code == kExitFailed);
    CHECK(RunVarve({"tsdb"}).code == kExitUsage);
  }
}

}  // namespace
}  // namespace varve::tools
