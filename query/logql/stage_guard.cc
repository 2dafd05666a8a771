// The stage that stands before a parser for an equality behind it.
#include <cstring>
#include <utility>

#include "query/logql/stage.h"

namespace varve::query {
namespace {

class TextGuardStage final : public Stage {
 public:
  TextGuardStage(std::string name, std::string text)
      : name_(std::move(name)), text_(std::move(text)) {}

  bool Process(PipelineEntry* entry) const override {
    const std::string_view line = entry->line;
    return memmem(line.data(), line.size(), text_.data(), text_.size()) != nullptr ||
           // A value with an escape stands for other text than the line has.
           line.find('\\') != line.npos || entry->labels.Find(name_) != nullptr;
  }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace

StagePtr MakeTextGuardStage(std::string name, std::string text) {
  return std::make_unique<TextGuardStage>(std::move(name), std::move(text));
}

}  // namespace varve::query
