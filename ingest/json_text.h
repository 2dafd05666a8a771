// What JSON values say, as text: strings without their escapes, everything else as it was written,
// so that no digit of a number is lost or made up.
//
// Threads:  functions without state; a parser's values belong to one thread.
// Owns:     texts are kept in the arena.
// Errors:   those of simdjson: what is no JSON, nests too deep, or has an escape that means
// nothing. Source:   RFC 8259; simdjson's documentation of On Demand, which reads values only when
// asked.
#ifndef INGEST_JSON_TEXT_H_
#define INGEST_JSON_TEXT_H_

#include <simdjson.h>

#include <string>
#include <string_view>

#include "ingest/text_arena.h"

namespace varve::ingest {

inline constexpr int kJsonDepthMax = 64;

// A string, number, boolean, null (no text) or array, the last without the blanks in it. `depth`:
// how many values it lies in.
simdjson::error_code ReadJsonText(simdjson::ondemand::value value, int depth, TextArena* texts,
                                  std::string_view* text);

}  // namespace varve::ingest

#endif  // INGEST_JSON_TEXT_H_
