// A language of filters for tests of the storage: an entry matches when its line contains the text.
// "!" alone does not compile.
#ifndef TESTS_SUPPORT_TEXT_ENTRY_FILTER_H_
#define TESTS_SUPPORT_TEXT_ENTRY_FILTER_H_

#include <memory>
#include <string>

#include "storage/entry_filter.h"

namespace varve::storage {

class TextEntryFilter : public EntryFilter {
 public:
  static absl::StatusOr<EntryFilterPtr> Compile(std::string_view text) {
    if (text == "!") return absl::InvalidArgumentError("cannot compile filter: found !");
    return std::make_shared<const TextEntryFilter>(text);
  }

  explicit TextEntryFilter(std::string_view text) : text_(text) {}

  std::unique_ptr<EntryMatcher> ForStream(LabelSetView) const override {
    return std::make_unique<TextMatcher>(&text_);
  }

 private:
  class TextMatcher : public EntryMatcher {
   public:
    explicit TextMatcher(const std::string* text) : text_(text) {}
    bool Matches(const Entry& entry) override { return entry.line.find(*text_) != entry.line.npos; }

   private:
    const std::string* text_;
  };

  const std::string text_;
};

}  // namespace varve::storage

#endif  // TESTS_SUPPORT_TEXT_ENTRY_FILTER_H_
