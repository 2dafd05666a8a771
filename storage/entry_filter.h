// EntryFilter: which log entries a delete means, where it does not mean all of a stream. The
// storage does not know the language of such filters: it keeps their text and is given a compiler.
//
// Threads:  an EntryFilter is immutable; an EntryMatcher belongs to one thread.
// Owns:     a matcher may borrow from its filter.
// Errors:   compiling: INVALID_ARGUMENT.
#ifndef STORAGE_ENTRY_FILTER_H_
#define STORAGE_ENTRY_FILTER_H_

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/model/entry.h"
#include "storage/model/label_set.h"

namespace varve::storage {

class EntryMatcher {
 public:
  virtual ~EntryMatcher() = default;
  // The same answer for the same entry, whenever it is asked.
  virtual bool Matches(const Entry& entry) = 0;
};

class EntryFilter {
 public:
  virtual ~EntryFilter() = default;
  // For the entries of one stream. `stream` need not outlive the call.
  virtual std::unique_ptr<EntryMatcher> ForStream(LabelSetView stream) const = 0;
};
using EntryFilterPtr = std::shared_ptr<const EntryFilter>;

using EntryFilterCompiler = std::function<absl::StatusOr<EntryFilterPtr>(std::string_view text)>;

}  // namespace varve::storage

#endif  // STORAGE_ENTRY_FILTER_H_
