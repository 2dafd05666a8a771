// DrawGraph: the series of a range query as lines in a terminal, in braille dots.
//
//   1.2k ┤⠀⠀⠀⢀⡠⠒
//    600 ┤⢀⠔⠁
//      0 ┤⠁
//        └──────────
//         08:00   09:00
//   ● up{job="x"}  last 1
//
// Threads:  a function without state.
// Format:   Unicode braille patterns, U+2800 to U+28FF: two by four dots in one cell.
#ifndef TOOLS_GRAPH_H_
#define TOOLS_GRAPH_H_

#include <cstdint>
#include <string>

#include "tools/query_answer.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct GraphOptions {
  size_t columns = 80;  // of the whole picture
  size_t rows = 15;     // of the lines' area
  bool colours = false;
  int64_t start_ns = 0;  // the ends of the time axis
  int64_t end_ns = 0;
  int64_t step_ns = 0;  // points further apart are not joined
  TimestampFormat times;
};

// `answer` is a matrix. Native histograms and values that are not finite are not drawn.
std::string DrawGraph(const QueryAnswer& answer, const GraphOptions& options);

// 1234567 as 1.235M: four digits at most, with the prefixes of units.
std::string AxisNumber(double value);

}  // namespace varve::tools

#endif  // TOOLS_GRAPH_H_
