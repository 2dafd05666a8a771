#include "tools/graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "query/engine/number_format.h"
#include "storage/model/text.h"
#include "tools/terminal_text.h"

namespace varve::tools {
namespace {

using storage::StrAppend;

constexpr int kDotColumns = 2;  // in one cell
constexpr int kDotRows = 4;
constexpr size_t kAreaColumnsMin = 10;
constexpr size_t kLegendMax = 12;
constexpr std::array<Colour, 7> kColours = {Colour::kCyan,    Colour::kYellow, Colour::kGreen,
                                            Colour::kMagenta, Colour::kBlue,   Colour::kRed,
                                            Colour::kNone};

struct Point {
  int64_t time_ns;
  double value;
};

std::vector<Point> FinitePoints(const AnswerSeries& series) {
  std::vector<Point> points;
  for (const AnswerSample& sample : series.samples) {
    double value = 0;
    if (query::ParseFloat(sample.value, &value) && std::isfinite(value)) {
      points.push_back({sample.time_ns, value});
    }
  }
  return points;
}

// The area that lines are drawn in; dots count from the upper left.
class Canvas {
 public:
  Canvas(size_t columns, size_t rows)
      : columns_(static_cast<int>(columns)),
        rows_(static_cast<int>(rows)),
        cells_(columns * rows),
        colours_(columns * rows, Colour::kNone) {}

  int width() const { return columns_ * kDotColumns; }
  int height() const { return rows_ * kDotRows; }

  void Dot(int x, int y, Colour colour) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    // The bits of a braille pattern, by row and column of the dot.
    constexpr uint8_t kBits[kDotRows][kDotColumns] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    const size_t cell = static_cast<size_t>(y / kDotRows * columns_ + x / kDotColumns);
    cells_[cell] |= kBits[y % kDotRows][x % kDotColumns];
    colours_[cell] = colour;
  }

  // Bresenham's line.
  void Line(int x, int y, int to_x, int to_y, Colour colour) {
    const int width = std::abs(to_x - x);
    const int height = -std::abs(to_y - y);
    const int step_x = x < to_x ? 1 : -1;
    const int step_y = y < to_y ? 1 : -1;
    int error = width + height;
    while (true) {
      Dot(x, y, colour);
      if (x == to_x && y == to_y) return;
      const int twice = 2 * error;
      if (twice >= height) {
        error += height;
        x += step_x;
      }
      if (twice <= width) {
        error += width;
        y += step_y;
      }
    }
  }

  std::string Row(size_t row, bool colours) const {
    std::string text;
    std::string run;  // cells of one colour
    Colour colour = Colour::kNone;
    const auto columns = static_cast<size_t>(columns_);
    for (size_t cell = row * columns; cell < (row + 1) * columns; ++cell) {
      if (colours_[cell] != colour && cells_[cell] != 0) {
        text += Paint(run, colour, colours);
        run.clear();
        colour = colours_[cell];
      }
      // U+2800 + bits in UTF-8.
      run.push_back('\xe2');
      run.push_back(static_cast<char>(0xa0 | cells_[cell] >> 6));
      run.push_back(static_cast<char>(0x80 | (cells_[cell] & 0x3f)));
    }
    return text + Paint(run, colour, colours);
  }

 private:
  const int columns_;
  const int rows_;
  std::vector<uint8_t> cells_;
  std::vector<Colour> colours_;
};

struct Range {
  double low = 0;
  double high = 0;
};

Range ValueRange(const std::vector<std::vector<Point>>& series) {
  Range range;
  bool first = true;
  for (const std::vector<Point>& points : series) {
    for (const Point& point : points) {
      range.low = first ? point.value : std::min(range.low, point.value);
      range.high = first ? point.value : std::max(range.high, point.value);
      first = false;
    }
  }
  if (range.low == range.high) {  // a flat line lies in the middle
    const double around = range.low == 0 ? 1 : std::abs(range.low) / 2;
    range.low -= around;
    range.high += around;
  }
  return range;
}

void DrawSeries(const std::vector<Point>& points, const GraphOptions& options, const Range& range,
                Colour colour, Canvas* canvas) {
  const double time_width = static_cast<double>(options.end_ns - options.start_ns);
  const auto x_of = [&](const Point& point) {
    const double share =
        time_width <= 0 ? 0.5 : static_cast<double>(point.time_ns - options.start_ns) / time_width;
    return static_cast<int>(std::lround(share * (canvas->width() - 1)));
  };
  const auto y_of = [&](const Point& point) {
    // Halves, so that the difference of the greatest numbers there are is finite.
    const double share = (range.high / 2 - point.value / 2) / (range.high / 2 - range.low / 2);
    return static_cast<int>(std::lround(share * (canvas->height() - 1)));
  };
  for (size_t i = 0; i < points.size(); ++i) {
    const bool joined = i > 0 && points[i].time_ns - points[i - 1].time_ns <= options.step_ns;
    if (joined) {
      canvas->Line(x_of(points[i - 1]), y_of(points[i - 1]), x_of(points[i]), y_of(points[i]),
                   colour);
    } else {
      canvas->Dot(x_of(points[i]), y_of(points[i]), colour);
    }
  }
}

// The times at both ends, below the area.
std::string TimeAxis(const GraphOptions& options, size_t margin, size_t columns) {
  const std::string start = options.times.Exact(options.start_ns);
  const std::string end = options.times.Exact(options.end_ns);
  std::string line(margin, ' ');
  line += start;
  const size_t used = start.size() + end.size();
  if (used + 1 > columns) return line;
  return line + std::string(columns - used, ' ') + end;
}

std::string Cut(std::string text, size_t columns) {
  // Only whole code points go.
  while (DisplayWidth(text) > columns) {
    do {
      text.pop_back();
    } while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0 &&
             (static_cast<unsigned char>(text.back()) & 0xc0) == 0xc0);
  }
  return text;
}

void AppendLegend(const QueryAnswer& answer, const GraphOptions& options, std::string* out) {
  const size_t shown = std::min(answer.series.size(), kLegendMax);
  for (size_t i = 0; i < shown; ++i) {
    const AnswerSeries& series = answer.series[i];
    std::string text = EscapeControls(SeriesText(series.labels));
    if (!series.samples.empty()) StrAppend(&text, "  last ", series.samples.back().value);
    *out += Paint("● ", kColours[i % kColours.size()], options.colours);
    *out += Cut(std::move(text), options.columns > 2 ? options.columns - 2 : 1);
    out->push_back('\n');
  }
  if (shown < answer.series.size()) {
    StrAppend(out, "  and ", answer.series.size() - shown, " more\n");
  }
}

}  // namespace

std::string AxisNumber(double value) {
  constexpr std::pair<double, const char*> kPrefixes[] = {
      {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  char text[40];
  const double size = std::abs(value);
  for (const auto& [factor, prefix] : kPrefixes) {
    if (size < factor || size >= 1e15) continue;
    std::snprintf(text, sizeof(text), "%.4g%s", value / factor, prefix);
    return text;
  }
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

std::string DrawGraph(const QueryAnswer& answer, const GraphOptions& options) {
  std::vector<std::vector<Point>> series;
  for (const AnswerSeries& one : answer.series) series.push_back(FinitePoints(one));
  const Range range = ValueRange(series);
  std::vector<std::string> labels(options.rows);
  size_t label_width = 0;
  for (size_t row = 0; row < options.rows; row += 2) {
    const double share =
        options.rows < 2 ? 0 : static_cast<double>(row) / static_cast<double>(options.rows - 1);
    labels[row] = AxisNumber(range.high * (1 - share) + range.low * share);
    label_width = std::max(label_width, labels[row].size());
  }
  const size_t margin = label_width + 2;  // a blank and the axis
  const size_t columns = std::max(options.columns, margin + kAreaColumnsMin) - margin;
  Canvas canvas(columns, options.rows);
  for (size_t i = 0; i < series.size(); ++i) {
    DrawSeries(series[i], options, range, kColours[i % kColours.size()], &canvas);
  }
  std::string out;
  for (size_t row = 0; row < options.rows; ++row) {
    out += std::string(label_width - labels[row].size(), ' ');
    StrAppend(&out, labels[row], labels[row].empty() ? " │" : " ┤",
              canvas.Row(row, options.colours), "\n");
  }
  out += std::string(label_width + 1, ' ') + "└";
  for (size_t i = 0; i < columns; ++i) out += "─";
  StrAppend(&out, "\n", TimeAxis(options, margin, columns), "\n");
  AppendLegend(answer, options, &out);
  return out;
}

}  // namespace varve::tools
