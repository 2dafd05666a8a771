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
  storage::LabelSetBuilder builder;
  for (const storage::LabelView& label : labels) {
    if (!IsMetricLabel(label.name)) builder.Append(label.name, label.value);
  }
  return builder.Build();
}

}  // namespace varve::query
