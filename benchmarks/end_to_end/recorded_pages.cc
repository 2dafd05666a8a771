#include "benchmarks/end_to_end/recorded_pages.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

namespace varve::benchmarks {
namespace {

constexpr int kDecimalsMax = 12;
constexpr int64_t kScaledMax = int64_t{1} << 52;
// A series that comes within the first so-many-th part of the pages had its first value before.
constexpr size_t kLatePagesDivisor = 10;

// A number's text as digits * 10^-decimals.
struct Decimal {
  int64_t digits = 0;
  int decimals = 0;
};

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Decimal decimal;
  bool negative = false;
  bool after_point = false;
  size_t i = 0;
  if (i < text.size() && text[i] == '-') negative = true, ++i;
  for (; i < text.size() && text[i] != 'e'; ++i) {
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9' || decimal.digits > kScaledMax / 10) return std::nullopt;
    decimal.digits = decimal.digits * 10 + (text[i] - '0');
    if (after_point) ++decimal.decimals;
  }
  if (i < text.size()) {
    int exponent = 0;
    if (++i < text.size() && text[i] == '+') ++i;
    std::from_chars(text.data() + i, text.data() + text.size(), exponent);
    decimal.decimals -= exponent;
  }
  if (decimal.decimals < -18 || decimal.decimals > kDecimalsMax) return std::nullopt;
  for (; decimal.decimals < 0; ++decimal.decimals) {
    if (decimal.digits > kScaledMax / 10) return std::nullopt;
    decimal.digits *= 10;
  }
  if (negative) decimal.digits = -decimal.digits;
  return decimal;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Splits `name{a="b",...}`; escapes in values are undone.
std::vector<std::pair<std::string, std::string>> ParseLabels(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> labels;
  const size_t brace = text.find('{');
  labels.emplace_back("__name__", text.substr(0, brace));
  if (brace == std::string_view::npos) return labels;
  size_t i = brace + 1;
  while (i < text.size() && text[i] != '}') {
    const size_t equals = text.find('=', i);
    if (equals == std::string_view::npos) break;
    std::string name(text.substr(i, equals - i));
    std::string value;
    for (i = equals + 2; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        ++i;
        value.push_back(text[i] == 'n' ? '\n' : text[i]);
      } else {
        value.push_back(text[i]);
      }
    }
    if (!value.empty()) labels.emplace_back(std::move(name), std::move(value));
    ++i;
    if (i < text.size() && text[i] == ',') ++i;
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

struct Column {
  size_t order = 0;
  size_t first_page = 0;
  std::vector<std::string> texts;
};

class PageReader {
 public:
  void Read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string page((std::istreambuf_iterator<char>(file)), {});
    size_t begin = 0;
    while (begin < page.size()) {
      const size_t end = std::min(page.find('\n', begin), page.size());
      ReadLine(std::string_view(page).substr(begin, end - begin));
      begin = end + 1;
    }
    ++page_count_;
  }

  RecordedPages Finish(const std::string& job) {
    RecordedPages pages;
    pages.job = job;
    pages.page_count = page_count_;
    std::vector<std::pair<size_t, RecordedSeries>> ordered;
    for (auto& [text, column] : columns_) {
      const size_t first = column.first_page;
      if (first > page_count_ / kLatePagesDivisor || first + column.texts.size() != page_count_) {
        ++pages.series_left_out;
      } else {
        column.texts.insert(column.texts.begin(), first, std::string(column.texts.front()));
        ordered.emplace_back(column.order, MakeSeries(text, column));
      }
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& entry : ordered) pages.series.push_back(std::move(entry.second));
    return pages;
  }

 private:
  void ReadLine(std::string_view line) {
    if (line.empty()) return;
    if (line[0] == '#') {
      if (line.substr(0, 7) != "# TYPE ") return;
      const size_t space = line.find(' ', 7);
      if (space == std::string_view::npos) return;
      types_[std::string(line.substr(7, space - 7))] = line.substr(space + 1);
      return;
    }
    const size_t space = line.rfind(' ');
    if (space == std::string_view::npos) return;
    Column& column = columns_[std::string(line.substr(0, space))];
    if (column.texts.empty()) {
      column.order = columns_.size();
      column.first_page = page_count_;
    }
    column.texts.emplace_back(line.substr(space + 1));
  }

  // VictoriaMetrics prints no types: there the name decides.
  bool CounterByName(std::string_view name) const {
    if (const auto type = types_.find(name); type != types_.end()) return type->second == "counter";
    return EndsWith(name, "_total") || EndsWith(name, "_count") || EndsWith(name, "_sum") ||
           EndsWith(name, "_bucket");
  }

  RecordedSeries MakeSeries(const std::string& text, const Column& column) const {
    RecordedSeries series;
    series.labels = ParseLabels(text);
    series.exact = true;
    std::vector<Decimal> decimals;
    for (const std::string& value : column.texts) {
      series.values.push_back(std::strtod(value.c_str(), nullptr));
      const std::optional<Decimal> decimal = ParseDecimal(value);
      series.exact = series.exact && decimal.has_value();
      if (!decimal) continue;
      decimals.push_back(*decimal);
      series.decimals = std::max(series.decimals, decimal->decimals);
    }
    for (size_t i = 0; i < decimals.size() && series.exact; ++i) {
      int64_t scaled = decimals[i].digits;
      for (int d = decimals[i].decimals; d < series.decimals; ++d) {
        series.exact = series.exact && std::abs(scaled) <= kScaledMax / 10;
        if (series.exact) scaled *= 10;
      }
      series.scaled.push_back(scaled);
    }
    const bool rises = std::is_sorted(series.values.begin(), series.values.end()) &&
                       std::all_of(series.values.begin(), series.values.end(),
                                   [](double value) { return std::isfinite(value); });
    series.counter = rises && CounterByName(text.substr(0, text.find('{')));
    return series;
  }

  size_t page_count_ = 0;
  std::map<std::string, Column> columns_;
  std::map<std::string, std::string, std::less<>> types_;
};

}  // namespace

std::optional<RecordedPages> ReadRecordedPages(const std::string& folder, const std::string& job) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(folder) / job, error)) {
    paths.push_back(entry.path());
  }
  if (paths.empty()) return std::nullopt;
  std::sort(paths.begin(), paths.end());
  PageReader reader;
  for (const std::filesystem::path& path : paths) reader.Read(path);
  return reader.Finish(job);
}

}  // namespace varve::benchmarks
