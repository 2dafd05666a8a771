// How well a name matches what somebody typed: 1 for the same, 0 for not at all.
//
// Threads:  functions without state.
// Source:   Prometheus, "HTTP API", search endpoints; Winkler, "String Comparator Metrics" (1990).
#ifndef SERVER_SEARCH_SCORE_H_
#define SERVER_SEARCH_SCORE_H_

#include <string>
#include <string_view>

namespace varve::server {

// The characters of `pattern` in their order somewhere in `text`. With n characters of the text:
//   (sum of squared lengths of runs - sum of gaps before runs / n - gap behind the last / 2n)
//   / squared length of the pattern
// of the best place for the first character, each next one as early as it comes.
double SubsequenceScore(std::string_view pattern, std::string_view text);

// Jaro's similarity, raised by Winkler for up to four characters in front that are the same.
double JaroWinklerScore(std::string_view a, std::string_view b);

}  // namespace varve::server

#endif  // SERVER_SEARCH_SCORE_H_
