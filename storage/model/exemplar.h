// Exemplar: one observation behind a sample, with labels of its own (a trace id, as a rule).
//
// Threads:  values.
#ifndef STORAGE_MODEL_EXEMPLAR_H_
#define STORAGE_MODEL_EXEMPLAR_H_

#include <cstdint>
#include <vector>

#include "storage/model/label_set.h"

namespace varve::storage {

struct Exemplar {
  int64_t timestamp_ms = 0;  // since the Unix epoch
  double value = 0;
  LabelSet labels;
};

// The exemplars of one series, in the order of their timestamps.
struct SeriesExemplars {
  LabelSet labels;
  std::vector<Exemplar> exemplars;
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_EXEMPLAR_H_
