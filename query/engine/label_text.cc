#include "query/engine/label_text.h"

#include <algorithm>

#include "storage/model/text.h"

namespace varve::query {
namespace {

bool IsPlainName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

}  // namespace

std::string LabelsText(storage::LabelSetView labels) {
  std::string text = "{";
  for (const storage::LabelView& label : labels) {
    if (text.size() > 1) text += ", ";
    if (IsPlainName(label.name)) {
      text += label.name;
    } else {
      text += storage::Quote(label.name);
    }
    text += '=';
    text += storage::Quote(label.value);
  }
  text += '}';
  return text;
}

bool IsMetricLabel(std::string_view name) {
  if (!name.starts_with("__")) return false;
  return name == storage::kMetricNameLabel || name == "__type__" || name == "__unit__";
}

storage::LabelSet WithoutMetricName(storage::LabelSetView labels) {
  // Nearly always the name is the first label and the only one to go: the rest is copied as it is.
  const std::string_view packed = labels.packed();
  auto next = labels.begin();
  if (next != labels.end() && next->name == storage::kMetricNameLabel) {
    const char* const rest = next->value.data() + next->value.size();
    ++next;
    while (next != labels.end() && !IsMetricLabel(next->name) && next->name < "__unit__") {
      ++next;
    }
    if (next == labels.end() || !IsMetricLabel(next->name)) {
      const auto bytes = static_cast<size_t>(packed.data() + packed.size() - rest);
      return storage::LabelSet(storage::LabelSetView({rest, bytes}));
    }
  }
  storage::LabelSetBuilder builder;
  for (const storage::LabelView& label : labels) {
    if (!IsMetricLabel(label.name)) builder.Append(label.name, label.value);
  }
  return builder.Build();
}

}  // namespace varve::query
