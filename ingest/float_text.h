// ParseFloatText: numbers as exposition formats write them, which is how Go reads them.
//
// Threads:  functions without state.
#ifndef INGEST_FLOAT_TEXT_H_
#define INGEST_FLOAT_TEXT_H_

#include <string_view>

namespace varve::ingest {

// Decimal and hexadecimal floats, `inf`, `infinity` and `nan` in any case, with a sign; what is
// beyond the range becomes infinite or zero. False for anything else.
bool ParseFloatText(std::string_view text, double* value);

}  // namespace varve::ingest

#endif  // INGEST_FLOAT_TEXT_H_
