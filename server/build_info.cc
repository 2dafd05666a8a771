#include "server/build_info.h"

#include "storage/model/text.h"

namespace varve::server {

std::string VersionText() { return storage::StrCat("varved ", kVersion, ", ", kCompiler); }

}  // namespace varve::server
