// IsUtf8: whether bytes are well-formed UTF-8.
#ifndef INGEST_UTF8_H_
#define INGEST_UTF8_H_

#include <string_view>

namespace varve::ingest {

bool IsUtf8(std::string_view text);

}  // namespace varve::ingest

#endif  // INGEST_UTF8_H_
