#include "ingest/json_text.h"

#include <algorithm>
#include <utility>

namespace varve::ingest {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;
using simdjson::error_code;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits; false where there are none.
bool TakeDigits(std::string_view* rest) {
  const size_t count =
      static_cast<size_t>(std::find_if_not(rest->begin(), rest->end(), IsDigit) - rest->begin());
  rest->remove_prefix(count);
  return count > 0;
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.size() > 1 && text[0] == '0' && IsDigit(text[1]);
  if (leading_zero || !TakeDigits(&text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(&text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!TakeDigits(&text)) return false;
  }
  return text.empty();
}

// The characters of a scalar, without the blanks behind it.
std::string_view TokenOf(ondemand::value value) {
  const std::string_view token = value.raw_json_token();
  return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

error_code CheckNumber(std::string_view token) {
  return IsNumber(token) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
}

error_code CheckWord(std::string_view token, json_type type) {
  if (type == json_type::null) {
    return token == "null" ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }
  if (token == "true" || token == "false") return simdjson::SUCCESS;
  return token.starts_with('t') ? simdjson::T_ATOM_ERROR : simdjson::F_ATOM_ERROR;
}

error_code AppendCompact(ondemand::value value, int depth, std::string* out);

error_code AppendMembers(ondemand::value value, int depth, std::string* out) {
  ondemand::object members;
  if (const error_code error = value.get_object().get(members)) return error;
  const size_t begin = out->size();
  for (auto member : members) {
    ondemand::field field;
    if (const error_code error = std::move(member).get(field)) return error;
    if (out->size() > begin) out->push_back(',');
    // Up to the quote that ends it: a quote in it has a backslash before.
    const char* const key = field.key().raw();
    size_t length = 0;
    while (key[length] != '"') length += key[length] == '\\' ? 2 : 1;
    std::string_view checked;
    if (const error_code error = field.unescaped_key().get(checked)) return error;
    out->push_back('"');
    out->append(key, length);
    out->append("\":");
    if (const error_code error = AppendCompact(field.value(), depth, out)) return error;
  }
  return simdjson::SUCCESS;
}

error_code AppendElements(ondemand::value value, int depth, std::string* out) {
  ondemand::array elements;
  if (const error_code error = value.get_array().get(elements)) return error;
  const size_t begin = out->size();
  for (auto one : elements) {
    ondemand::value element;
    if (const error_code error = std::move(one).get(element)) return error;
    if (out->size() > begin) out->push_back(',');
    if (const error_code error = AppendCompact(element, depth, out)) return error;
  }
  return simdjson::SUCCESS;
}

error_code AppendCompact(ondemand::value value, int depth, std::string* out) {
  if (depth >= kJsonDepthMax) return simdjson::DEPTH_ERROR;
  json_type type{};
  if (const error_code error = value.type().get(type)) return error;
  if (type == json_type::array || type == json_type::object) {
    const bool is_array = type == json_type::array;
    out->push_back(is_array ? '[' : '{');
    const error_code error =
        is_array ? AppendElements(value, depth + 1, out) : AppendMembers(value, depth + 1, out);
    out->push_back(is_array ? ']' : '}');
    return error;
  }
  const std::string_view token = TokenOf(value);
  out->append(token);
  if (type == json_type::number) return CheckNumber(token);
  if (type != json_type::string) return CheckWord(token, type);
  std::string_view checked;
  return value.get_string().get(checked);
}

}  // namespace

error_code ReadJsonText(ondemand::value value, int depth, TextArena* texts,
                        std::string_view* text) {
  *text = {};
  json_type type{};
  if (const error_code error = value.type().get(type)) return error;
  if (type == json_type::array || type == json_type::object) {
    std::string compact;
    if (const error_code error = AppendCompact(value, depth, &compact)) return error;
    *text = texts->Keep(compact);
    return simdjson::SUCCESS;
  }
  const std::string_view token = TokenOf(value);
  if (type == json_type::null) return CheckWord(token, type);
  if (type == json_type::string) {
    std::string_view string = token.substr(1, token.size() - 2);
    if (token.find('\\') != std::string_view::npos) {
      if (const error_code error = value.get_string().get(string)) return error;
    }
    *text = texts->Keep(string);
    return simdjson::SUCCESS;
  }
  *text = texts->Keep(token);
  return type == json_type::number ? CheckNumber(token) : CheckWord(token, type);
}

}  // namespace varve::ingest
