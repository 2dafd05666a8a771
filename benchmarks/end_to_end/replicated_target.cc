#include "benchmarks/end_to_end/replicated_target.h"

#include <algorithm>
#include <array>
#include <utility>

#include "benchmarks/end_to_end/body_file_writer.h"

namespace varve::benchmarks {
namespace {

constexpr int64_t kFactorMax = 3;
// One in so many scrapes turns the walk over the pages round.
constexpr uint64_t kScrapesPerTurn = 10;

constexpr std::array<double, 13> kPowersOfTen = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                                 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

std::string LabelBlock(const RecordedSeries& series, const std::string& job,
                       const std::string& instance) {
  auto labels = series.labels;
  labels.emplace_back("instance", instance);
  labels.emplace_back("job", job);
  return MakeLabelBlock(std::move(labels));
}

}  // namespace

ReplicatedTarget::ReplicatedTarget(const RecordedPages* pages, size_t series_count,
                                   const std::string& instance, bool fresh, uint64_t seed)
    : pages_(pages),
      random_(seed),
      factor_(1 + static_cast<int64_t>(random_() % kFactorMax)),
      page_(random_() % pages->page_count) {
  series_count = std::min(series_count, pages->series.size());
  scaled_.resize(series_count);
  values_.resize(series_count);
  for (size_t i = 0; i < series_count; ++i) {
    const RecordedSeries& series = pages->series[i];
    label_blocks_.push_back(LabelBlock(series, pages->job, instance));
    if (fresh) continue;
    if (series.exact) scaled_[i] = series.scaled[page_] * factor_;
    values_[i] = series.values[page_] * static_cast<double>(factor_);
  }
}

void ReplicatedTarget::Step() {
  if (pages_->page_count < 2) return;
  if (random_() % kScrapesPerTurn == 0) forward_ = !forward_;
  if (page_ == 0) forward_ = true;
  if (page_ + 1 == pages_->page_count) forward_ = false;
  const size_t next = forward_ ? page_ + 1 : page_ - 1;
  const size_t early = std::min(page_, next);
  for (size_t i = 0; i < series_count(); ++i) {
    const RecordedSeries& series = pages_->series[i];
    if (!series.counter) continue;
    if (series.exact) {
      scaled_[i] += (series.scaled[early + 1] - series.scaled[early]) * factor_;
    } else {
      values_[i] +=
          (series.values[early + 1] - series.values[early]) * static_cast<double>(factor_);
    }
  }
  page_ = next;
}

double ReplicatedTarget::Value(size_t series) const {
  const RecordedSeries& recorded = pages_->series[series];
  if (!recorded.counter) return recorded.values[page_];
  if (!recorded.exact) return values_[series];
  // Both are exact, so the quotient is the double nearest to the decimal.
  return static_cast<double>(scaled_[series]) /
         kPowersOfTen[static_cast<size_t>(recorded.decimals)];
}

}  // namespace varve::benchmarks
