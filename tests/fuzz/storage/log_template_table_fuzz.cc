// Any bytes as a template table: refused, or a table that is written as it was read.
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/logs/log_template_table.h"

using namespace varve::storage;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LogTemplateTable table;
  if (!table.Decode(std::string_view(reinterpret_cast<const char*>(data), size)).ok()) return 0;
  LogTemplateTable again;
  if (!again.Decode(table.Encode()).ok() || again.size() != table.size()) __builtin_trap();
  for (uint32_t i = 0; i < table.size(); ++i) {
    if (again.at(i).pattern() != table.at(i).pattern()) __builtin_trap();
    if (table.paths(i).size() != table.at(i).slots().size()) __builtin_trap();
  }
  return 0;
}
