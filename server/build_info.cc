#include "server/build_info.h"

#include <utility>

#include "storage/model/text.h"

namespace varve::server {

std::string VersionText() { return storage::StrCat("varved ", kVersion, ", ", kCompiler); }

void WriteBuildInfo(std::string_view version, JsonWriter* json) {
  const std::pair<std::string_view, std::string> texts[] = {
      {"version", std::string(version)},
      {"revision", storage::StrCat("varve-", kVersion)},
      {"branch", "main"},
      {"buildUser", "varve"},
      {"buildDate", ""},
      {"goVersion", std::string(kCompiler)},
  };
  json->BeginObject();
  for (const auto& [key, text] : texts) {
    json->Key(key);
    json->String(text);
  }
  json->EndObject();
}

}  // namespace varve::server
