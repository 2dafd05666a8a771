// Any bytes as a symbol table: every string, and searches for what was found.
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/index/symbol_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using varve::storage::SymbolCursor;
  using varve::storage::SymbolTable;
  const auto table = SymbolTable::Open({reinterpret_cast<const char*>(data), size});
  if (!table.ok()) return 0;
  SymbolCursor cursor(*table);
  for (uint32_t rank = 0; rank < table->size() && rank < 1000; ++rank) {
    if (!cursor.Seek(rank).ok()) break;
    table->Find(cursor.text()).IgnoreError();
  }
  if (table->size() > 0) table->Get(table->size() - 1).IgnoreError();
  table->LowerBound("m").IgnoreError();
  return 0;
}
