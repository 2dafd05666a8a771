// Files that pin a format: what today's writer makes must equal them byte for byte, and every later
// reader must read them.
#ifndef TESTS_SUPPORT_GOLDEN_FILE_H_
#define TESTS_SUPPORT_GOLDEN_FILE_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

namespace varve::test {

// The bytes of the file at `path`, from the project's folder; the test fails where there is none.
// With VARVE_WRITE_GOLDEN=1 in the environment `fresh` is written there first: do that only
// together with a new version number of the format.
inline std::string GoldenFile(const std::string& path, const std::string& fresh) {
  if (std::getenv("VARVE_WRITE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << fresh;
  }
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace varve::test

#endif  // TESTS_SUPPORT_GOLDEN_FILE_H_
