#include "server/label_json.h"

#include <string_view>

#include "server/json_writer.h"

namespace varve::server {

void LabelJson::Format(const storage::LabelView& label, Label* last) const {
  const auto append = escape_ == Escape::kHtml ? AppendJsonString : AppendPlainJsonString;
  if (last->json.empty() || last->name != label.name) {
    last->name.assign(label.name);
    last->json.clear();
    append(label.name, &last->json);
    last->json.push_back(':');
    last->value_begin = last->json.size();
  }
  last->json.resize(last->value_begin);
  append(label.value, &last->json);
  last->json.push_back(',');
}

void LabelJson::Append(storage::LabelSetView labels, std::string* out) {
  out->push_back('{');
  const char* begin = labels.packed().data();
  size_t place = 0;
  for (const storage::LabelView& label : labels) {
    const char* const end = label.value.data() + label.value.size();
    const std::string_view packed(begin, static_cast<size_t>(end - begin));
    begin = end;
    if (place == last_.size()) last_.emplace_back();
    Label& last = last_[place++];
    if (last.packed != packed) {
      last.packed.assign(packed);
      Format(label, &last);
    }
    out->append(last.json);
  }
  if (place > 0) {
    out->back() = '}';
  } else {
    out->push_back('}');
  }
}

}  // namespace varve::server
