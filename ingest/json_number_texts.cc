#include "ingest/json_number_texts.h"

#include <algorithm>
#include <utility>

#include "ingest/otlp_log_sink.h"

namespace varve::ingest {
namespace {

using simdjson::dom::element;

bool BeginsNumber(char c) { return c == '-' || (c >= '0' && c <= '9'); }
bool IsOfNumber(char c) { return BeginsNumber(c) || c == '+' || c == '.' || c == 'e' || c == 'E'; }

// The numbers of a valid document.
std::vector<std::string_view> FindNumbers(std::string_view text) {
  std::vector<std::string_view> numbers;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      for (++i; text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
    } else if (BeginsNumber(text[i])) {
      const std::string_view rest = text.substr(i);
      const auto end = std::find_if_not(rest.begin(), rest.end(), IsOfNumber);
      numbers.push_back(rest.substr(0, static_cast<size_t>(end - rest.begin())));
      i += numbers.back().size();
    } else {
      ++i;
    }
  }
  return numbers;
}

}  // namespace

JsonNumberTexts::JsonNumberTexts(element root, std::string_view text)
    : numbers_(FindNumbers(text)) {
  size_t numbers = 0;
  Count(root, &numbers);
}

void JsonNumberTexts::Count(element value, size_t* numbers) {
  if (simdjson::dom::object object; value.get(object) == simdjson::SUCCESS) {
    for (const auto& [key, inner] : object) {
      before_[key.data()] = *numbers;
      Count(inner, numbers);
    }
  } else if (simdjson::dom::array array; value.get(array) == simdjson::SUCCESS) {
    for (const element inner : array) Count(inner, numbers);
  } else if (value.is_number()) {
    ++*numbers;
  }
}

void JsonNumberTexts::Append(element value, size_t* number, std::string* out) const {
  if (simdjson::dom::object object; value.get(object) == simdjson::SUCCESS) {
    char before = '{';
    for (const auto& [key, inner] : object) {
      out->push_back(std::exchange(before, ','));
      AppendOtlpJsonString(key, out);
      out->push_back(':');
      Append(inner, number, out);
    }
    if (before == '{') out->push_back(before);
    out->push_back('}');
  } else if (simdjson::dom::array array; value.get(array) == simdjson::SUCCESS) {
    char before = '[';
    for (const element inner : array) {
      out->push_back(std::exchange(before, ','));
      Append(inner, number, out);
    }
    if (before == '[') out->push_back(before);
    out->push_back(']');
  } else if (value.is_number()) {
    out->append(numbers_[(*number)++]);
  } else {
    out->append(simdjson::minify(value));
  }
}

std::string JsonNumberTexts::Compact(std::string_view key, element value) const {
  const auto found = before_.find(key.data());
  if (found == before_.end()) return simdjson::minify(value);
  std::string text;
  size_t number = found->second;
  Append(value, &number, &text);
  return text;
}

}  // namespace varve::ingest
