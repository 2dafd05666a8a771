// Checks the rules about the source tree that no compiler checks: who may include whom, how long a
// file may be, which names say nothing, and that every source is built.
//
// Runs in the project's root directory.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace varve {
namespace {

namespace fs = std::filesystem;

constexpr int kFileLinesMax = 600;

struct SourceFile {
  std::string path;  // from the root, with '/'
  std::vector<std::string> lines;
};

std::vector<SourceFile> ReadSources(const std::vector<std::string>& folders) {
  std::vector<SourceFile> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
      SourceFile source{entry.path().generic_string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return sources;
}

const std::vector<SourceFile>& AllSources() {
  static const std::vector<SourceFile> sources =
      ReadSources({"storage", "ingest", "query", "server", "tools", "tests", "benchmarks"});
  return sources;
}

// "storage/wal/wal_reader.h" -> {"storage", "wal"}.
std::pair<std::string, std::string> FolderOf(std::string_view path) {
  const size_t first = path.find('/');
  if (first == std::string_view::npos) return {"", ""};
  const size_t second = path.find('/', first + 1);
  return {std::string(path.substr(0, first)),
          second == std::string_view::npos
              ? ""
              : std::string(path.substr(first + 1, second - first - 1))};
}

std::vector<std::string> OurIncludes(const SourceFile& source) {
  std::vector<std::string> includes;
  constexpr std::string_view kInclude = "#include \"";
  for (const std::string& line : source.lines) {
    if (line.rfind(kInclude, 0) != 0) continue;
    const std::string path = line.substr(kInclude.size(), line.rfind('"') - kInclude.size());
    static const std::set<std::string> ours = {"storage", "ingest", "query", "server", "tools"};
    if (ours.count(FolderOf(path).first) > 0) includes.push_back(path);
  }
  return includes;
}

bool MayInclude(const std::string& from, const std::string& to) {
  if (from == to || from == "tools" || from == "tests" || from == "benchmarks") return true;
  if (from == "server") return to == "ingest" || to == "query" || to == "storage";
  if (from == "ingest" || from == "query") return to == "storage";
  return false;
}

// The layer of a folder inside storage/; a file may include its own folder and lower layers.
int StorageLayer(const std::string& folder) {
  static const std::vector<std::vector<std::string>> layers = {
      {"model"}, {"io"}, {"encoding"}, {"wal", "index"}, {"part"}, {"metrics", "logs"}, {""}};
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    const auto& names = layers[layer];
    if (std::find(names.begin(), names.end(), folder) != names.end())
      return static_cast<int>(layer);
  }
  return -1;
}

bool SaysNothing(const std::string& stem) {
  static const std::array<std::string_view, 7> banned = {"util", "common", "misc",   "helper",
                                                         "core", "base",   "manager"};
  for (const std::string_view name : banned) {
    if (stem == name || stem == std::string(name) + "s") return true;
    const std::string suffix = "_" + std::string(name);
    if (stem.size() > suffix.size() &&
        stem.compare(stem.size() - suffix.size(), suffix.size(), suffix) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_SUITE("layout") {
  TEST_CASE("folders include only what lies below them") {
    for (const SourceFile& source : AllSources()) {
      const auto [folder, subfolder] = FolderOf(source.path);
      for (const std::string& include : OurIncludes(source)) {
        CAPTURE(source.path);
        CAPTURE(include);
        CHECK(MayInclude(folder, FolderOf(include).first));
      }
    }
  }

  TEST_CASE("outside storage only its own headers and the model are visible") {
    for (const SourceFile& source : AllSources()) {
      const std::string folder = FolderOf(source.path).first;
      if (folder != "ingest" && folder != "query" && folder != "server") continue;
      for (const std::string& include : OurIncludes(source)) {
        const auto [to, subfolder] = FolderOf(include);
        if (to != "storage") continue;
        CAPTURE(source.path);
        CAPTURE(include);
        CHECK((subfolder.empty() || subfolder == "model"));
      }
    }
  }

  TEST_CASE("the layers inside storage point downwards") {
    for (const SourceFile& source : AllSources()) {
      const auto [folder, subfolder] = FolderOf(source.path);
      if (folder != "storage") continue;
      for (const std::string& include : OurIncludes(source)) {
        const std::string to = FolderOf(include).second;
        if (to == subfolder || include == "storage/status_macros.h") continue;
        const bool interface = to.empty();  // appender.h and querier.h are types, no layer
        CAPTURE(source.path);
        CAPTURE(include);
        CHECK((interface || StorageLayer(to) < StorageLayer(subfolder)));
      }
    }
  }

  TEST_CASE("no source file is longer than 600 lines") {
    for (const SourceFile& source : AllSources()) {
      CAPTURE(source.path);
      CHECK(source.lines.size() <= kFileLinesMax);
    }
  }

  TEST_CASE("no file or folder has a name that says nothing") {
    for (const SourceFile& source : AllSources()) {
      CAPTURE(source.path);
      for (const fs::path& part : fs::path(source.path))
        CHECK_FALSE(SaysNothing(part.stem().string()));
    }
  }

  TEST_CASE("headers are guarded by their path") {
    for (const SourceFile& source : AllSources()) {
      if (source.path.substr(source.path.size() - 2) != ".h") continue;
      std::string guard = source.path + "_";
      for (char& c : guard) c = c == '/' || c == '.' ? '_' : static_cast<char>(std::toupper(c));
      CAPTURE(source.path);
      const std::string wanted = "#ifndef " + guard;
      CHECK(std::find(source.lines.begin(), source.lines.end(), wanted) != source.lines.end());
    }
  }

  TEST_CASE("every source file is listed in the CMake list of its folder or a parent") {
    for (const SourceFile& source : AllSources()) {
      if (source.path.substr(source.path.size() - 3) != ".cc") continue;
      const fs::path path(source.path);
      bool listed = false;
      for (fs::path folder = path.parent_path(); !folder.empty(); folder = folder.parent_path()) {
        std::ifstream list(folder / "CMakeLists.txt");
        std::stringstream text;
        text << list.rdbuf();
        listed = listed || text.str().find(path.filename().string()) != std::string::npos;
      }
      CAPTURE(source.path);
      CHECK(listed);
    }
  }

  TEST_CASE("every format has its document") {
    for (const std::string_view name :
         {"wal", "encoding", "part", "index", "metric_part", "log_part", "manifest"}) {
      const std::string path = "storage/docs/" + std::string(name) + "_format.md";
      CAPTURE(path);
      CHECK(fs::exists(path));
    }
  }
}

}  // namespace varve
