#include "server/metrics_registry.h"

#include <algorithm>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

const std::vector<double>& DurationBounds() {
  static const auto* const bounds = new std::vector<double>{
      .00025, .0005, .00075, .001, .0015, .002, .0025, .003, .004, .005, .0075, .01,
      .025,   .05,   .1,     .25,  .5,    1,    2.5,   5,    10,   30,   60,    120};
  return *bounds;
}

void AppendEscaped(std::string_view text, bool quotes, std::string* out) {
  for (const char c : text) {
    if (c == '\\') {
      *out += "\\\\";
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '"' && quotes) {
      *out += "\\\"";
    } else {
      out->push_back(c);
    }
  }
}

void AppendLabels(const MetricLabels& labels, std::string* out) {
  if (labels.empty()) return;
  char before = '{';
  for (const auto& [name, value] : labels) {
    out->push_back(before);
    before = ',';
    storage::StrAppend(out, name, "=\"");
    AppendEscaped(value, true, out);
    out->push_back('"');
  }
  out->push_back('}');
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

void Histogram::Observe(double seconds) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  buckets_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<uint64_t>(std::max(seconds, 0.0) * 1e9), std::memory_order_relaxed);
}

std::string RenderExposition(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const MetricFamily& family : families) {
    storage::StrAppend(&text, "# HELP ", family.name, " ");
    AppendEscaped(family.help, false, &text);
    storage::StrAppend(&text, "\n# TYPE ", family.name, " ", family.type, "\n");
    for (const MetricSample& sample : family.samples) {
      storage::StrAppend(&text, family.name, sample.suffix);
      AppendLabels(sample.labels, &text);
      text.push_back(' ');
      query::AppendGeneralFloat(sample.value, &text);
      text.push_back('\n');
    }
  }
  return text;
}

void ExpositionWriter::Family(std::string_view name, std::string_view type, std::string_view help) {
  families_.push_back({std::string(name), std::string(type), std::string(help), {}});
}

void ExpositionWriter::Sample(double value, const MetricLabels& labels, std::string_view suffix) {
  families_.back().samples.push_back({std::string(suffix), labels, value});
}

void ExpositionWriter::Single(std::string_view name, std::string_view type, std::string_view help,
                              double value) {
  Family(name, type, help);
  Sample(value);
}

Counter* MetricsRegistry::FindCounter(const std::string& name, std::string_view help,
                                      const MetricLabels& labels) {
  storage::MutexLock lock(&mutex_);
  FamilyOf<Counter>& family = counters_[name];
  if (family.help.empty()) family.help = help;
  std::unique_ptr<Counter>& counter = family.metrics[labels];
  if (counter == nullptr) counter = std::make_unique<Counter>();
  return counter.get();
}

Histogram* MetricsRegistry::FindHistogram(const std::string& name, std::string_view help,
                                          const MetricLabels& labels) {
  storage::MutexLock lock(&mutex_);
  FamilyOf<Histogram>& family = histograms_[name];
  if (family.help.empty()) family.help = help;
  std::unique_ptr<Histogram>& histogram = family.metrics[labels];
  if (histogram == nullptr) histogram = std::make_unique<Histogram>(DurationBounds());
  return histogram.get();
}

void MetricsRegistry::AddAlias(const std::string& name, const std::string& alias) {
  storage::MutexLock lock(&mutex_);
  aliases_.emplace(name, alias);
}

void MetricsRegistry::AddCollector(std::function<void(ExpositionWriter*)> collector) {
  storage::MutexLock lock(&mutex_);
  collectors_.push_back(std::move(collector));
}

std::vector<MetricFamily> MetricsRegistry::Gather() const {
  ExpositionWriter writer;
  AddOwn(&writer);
  // They look at much that is not ours: not under the lock.
  std::vector<std::function<void(ExpositionWriter*)>> collectors;
  {
    storage::MutexLock lock(&mutex_);
    collectors = collectors_;
  }
  for (const auto& collector : collectors) collector(&writer);
  return writer.Take();
}

void MetricsRegistry::AddOwn(ExpositionWriter* writer) const {
  storage::MutexLock lock(&mutex_);
  const auto names_of = [&](const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<std::string> names = {name};
    const auto [begin, end] = aliases_.equal_range(name);
    for (auto alias = begin; alias != end; ++alias) names.push_back(alias->second);
    return names;
  };
  for (const auto& [name, family] : counters_) {
    for (const std::string& shown : names_of(name)) {
      writer->Family(shown, "counter", family.help);
      for (const auto& [labels, counter] : family.metrics) {
        writer->Sample(static_cast<double>(counter->value()), labels);
      }
    }
  }
  for (const auto& [name, family] : histograms_) {
    for (const std::string& shown : names_of(name)) {
      writer->Family(shown, "histogram", family.help);
      for (const auto& [labels, histogram] : family.metrics) {
        uint64_t count = 0;
        MetricLabels with_bound = labels;
        with_bound.emplace_back("le", "");
        for (size_t i = 0; i <= histogram->bounds().size(); ++i) {
          count += histogram->bucket(i);
          with_bound.back().second =
              i == histogram->bounds().size() ? "+Inf" : query::FormatFloat(histogram->bounds()[i]);
          writer->Sample(static_cast<double>(count), with_bound, "_bucket");
        }
        writer->Sample(histogram->sum_seconds(), labels, "_sum");
        writer->Sample(static_cast<double>(count), labels, "_count");
      }
    }
  }
}

}  // namespace varve::server
