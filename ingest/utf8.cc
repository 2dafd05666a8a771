#include "ingest/utf8.h"

#include <simdjson.h>

namespace varve::ingest {

bool IsUtf8(std::string_view text) {
  // Label names and values are short and nearly always ASCII.
  constexpr size_t kShortBytes = 32;
  if (text.size() <= kShortBytes) {
    unsigned char seen = 0;
    for (const char c : text) seen |= static_cast<unsigned char>(c);
    if (seen < 0x80) return true;
  }
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace varve::ingest
