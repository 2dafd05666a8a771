// The functions of the language: logic, comparison, lengths and elements, printing, escaping.
#include <algorithm>

#include "query/template/comparison.h"
#include "query/template/function_table.h"
#include "query/template/print.h"
#include "query/template/rune.h"
#include "query/template/url_escape.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;
using Parameter = TemplateParameter;

TemplateValue Not(TemplateCall* call) { return TemplateValue::Bool(!(*call)[0].IsTrue()); }

// The evaluator does it.
TemplateValue Unused(TemplateCall*) { return TemplateValue(); }

TemplateValue Len(TemplateCall* call) {
  const TemplateValue& item = (*call)[0];
  size_t size = 0;
  switch (item.kind()) {
    case ValueKind::kString:
      size = item.as_string().size();
      break;
    case ValueKind::kList:
      size = item.as_list().size();
      break;
    case ValueKind::kMap:
      size = item.as_map().size();
      break;
    case ValueKind::kStringMap:
      size = item.as_string_map().size();
      break;
    case ValueKind::kInvalid:
      return call->Fail("reflect: call of reflect.Value.Type on zero Value");
    case ValueKind::kNil:
      return call->Fail("len of nil pointer");
    default:
      return call->Fail(StrCat("len of type ", item.Unboxed().TypeName()));
  }
  return TemplateValue::Int(static_cast<int64_t>(size));
}

// An index of a list or text; false with an error where it is none.
bool TakeIndex(const TemplateValue& index, size_t max, size_t* result, TemplateCall* call) {
  const TemplateValue plain = index.Unboxed();
  if (!plain.is_valid()) {
    call->Fail("cannot index slice/array with nil");
    return false;
  }
  if (!plain.is_integer()) {
    call->Fail(StrCat("cannot index slice/array with type ", plain.TypeName()));
    return false;
  }
  if (plain.as_int() < 0 || static_cast<uint64_t>(plain.as_int()) > max) {
    call->Fail(StrCat("index out of range: ", plain.as_int()));
    return false;
  }
  *result = static_cast<size_t>(plain.as_int());
  return true;
}

bool IndexMap(const TemplateValue& key, TemplateValue* item, TemplateCall* call) {
  const TemplateValue plain = key.Unboxed();
  if (!plain.is_valid()) {
    call->Fail("value is nil; should be of type string");
    return false;
  }
  if (plain.kind() != ValueKind::kString) {
    call->Fail(StrCat("value has type ", plain.TypeName(), "; should be string"));
    return false;
  }
  const std::string_view name = plain.as_string();
  if (item->kind() == ValueKind::kStringMap) {
    std::string_view text;
    item->as_string_map().Find(name, &text);
    *item = TemplateValue::String(text);
    return true;
  }
  const std::span<const TemplateField> fields = item->as_map();
  const auto found = std::lower_bound(
      fields.begin(), fields.end(), name,
      [](const TemplateField& field, std::string_view text) { return field.name < text; });
  *item = found != fields.end() && found->name == name ? found->value.InInterface()
                                                       : TemplateValue::Nil();
  return true;
}

TemplateValue Index(TemplateCall* call) {
  TemplateValue item = (*call)[0].Unboxed();
  if (!item.is_valid()) return call->Fail("index of untyped nil");
  for (const TemplateValue& index : call->args().subspan(1)) {
    size_t at = 0;
    switch (item.kind()) {
      case ValueKind::kString:
      case ValueKind::kList: {
        const bool is_text = item.kind() == ValueKind::kString;
        const size_t size = is_text ? item.as_string().size() : item.as_list().size();
        if (!TakeIndex(index, size, &at, call)) return TemplateValue();
        if (at == size) {
          return call->Fail(is_text ? "reflect: string index out of range"
                                    : "reflect: slice index out of range");
        }
        item = is_text ? TemplateValue::Uint8(static_cast<uint8_t>(item.as_string()[at]))
                       : item.as_list()[at].InInterface();
        break;
      }
      case ValueKind::kMap:
      case ValueKind::kStringMap:
        if (!IndexMap(index, &item, call)) return TemplateValue();
        break;
      case ValueKind::kNil:
        return call->Fail("index of nil pointer");
      default:
        return call->Fail(StrCat("can't index item of type ", item.Unboxed().TypeName()));
    }
  }
  return item;
}

TemplateValue Slice(TemplateCall* call) {
  const TemplateValue item = (*call)[0].Unboxed();
  const std::span<const TemplateValue> indexes = call->args().subspan(1);
  if (!item.is_valid()) return call->Fail("slice of untyped nil");
  if (indexes.size() > 3) return call->Fail(StrCat("too many slice indexes: ", indexes.size()));
  const bool is_text = item.kind() == ValueKind::kString;
  if (is_text && indexes.size() == 3) return call->Fail("cannot 3-index slice a string");
  if (!is_text && item.kind() != ValueKind::kList) {
    return call->Fail(StrCat("can't slice item of type ", item.TypeName()));
  }
  const size_t size = is_text ? item.as_string().size() : item.as_list().size();
  size_t bounds[3] = {0, size, size};
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (!TakeIndex(indexes[i], size, &bounds[i], call)) return TemplateValue();
  }
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (bounds[i] > bounds[i + 1]) {
      return call->Fail(StrCat("invalid slice index: ", bounds[i], " > ", bounds[i + 1]));
    }
  }
  const size_t count = bounds[1] - bounds[0];
  if (is_text) return TemplateValue::String(item.as_string().substr(bounds[0], count));
  return TemplateValue::List(item.as_list().subspan(bounds[0], count));
}

TemplateValue Print(TemplateCall* call) {
  std::string out;
  AppendSprint(call->args(), call->arena(), &out);
  return call->Return(out);
}
TemplateValue Println(TemplateCall* call) {
  std::string out;
  AppendSprintln(call->args(), call->arena(), &out);
  return call->Return(out);
}
TemplateValue Printf(TemplateCall* call) {
  std::string out;
  AppendSprintf(call->text(0), call->args().subspan(1), call->arena(), &out);
  return call->Return(out);
}

// What the escaping functions escape: their arguments as actions print them.
std::string ArgumentsText(TemplateCall* call) {
  std::vector<TemplateValue> args(call->args().begin(), call->args().end());
  for (TemplateValue& arg : args) {
    if (!arg.Unboxed().is_valid()) arg = TemplateValue::String("<no value>");
  }
  std::string out;
  AppendSprint(args, call->arena(), &out);
  return out;
}

TemplateValue Html(TemplateCall* call) {
  std::string out;
  for (const char c : ArgumentsText(call)) {
    switch (c) {
      case '\0':
        out.append("\xef\xbf\xbd");
        break;
      case '"':
        out.append("&#34;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      default:
        out.push_back(c);
    }
  }
  return call->Return(out);
}

void AppendHex4(uint32_t value, std::string* out) {
  out->append("\\u");
  int digits = value > 0xffff ? 5 : 4;
  if (value > 0xfffff) digits = 6;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out->push_back("0123456789ABCDEF"[(value >> shift) & 15]);
  }
}

TemplateValue Js(TemplateCall* call) {
  const std::string text = ArgumentsText(call);
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const TemplateRune rune = FirstRune(rest);
    const char c = rest.front();
    if (rune.value == '\\' || rune.value == '\'' || rune.value == '"') {
      out.push_back('\\');
      out.push_back(c);
    } else if (rune.value < ' ' || std::string_view("<>&=").find(c) != std::string_view::npos) {
      AppendHex4(rune.value, &out);
    } else if (rune.value < 0x80 || IsPrintableRune(rune.value)) {
      out.append(rest.substr(0, rune.bytes));
    } else {
      AppendHex4(rune.value, &out);
    }
    rest.remove_prefix(rune.bytes);
  }
  return call->Return(out);
}

TemplateValue UrlQuery(TemplateCall* call) {
  return call->Return(EscapeQueryText(ArgumentsText(call)));
}

template <bool (*compare)(const TemplateValue&, const TemplateValue&, bool*, std::string*)>
TemplateValue Compare(TemplateCall* call) {
  bool result = false;
  std::string error;
  if (!compare((*call)[0], (*call)[1], &result, &error)) return call->Fail(std::move(error));
  return TemplateValue::Bool(result);
}

// eq a b c: whether a equals any of the others.
TemplateValue Equal(TemplateCall* call) {
  if (call->size() < 2) return call->Fail("missing argument for comparison");
  for (const TemplateValue& other : call->args().subspan(1)) {
    bool equal = false;
    std::string error;
    if (!ValuesEqual((*call)[0], other, &equal, &error)) return call->Fail(std::move(error));
    if (equal) return TemplateValue::Bool(true);
  }
  return TemplateValue::Bool(false);
}

}  // namespace

void AddLanguageFunctions(TemplateFunctionTable* table) {
  using Logic = TemplateFunction::Logic;
  constexpr Parameter kAny = Parameter::kAny;
  constexpr Parameter kValue = Parameter::kValue;
  table->Add({"and", {kValue, kValue}, true, Unused, Logic::kAnd});
  table->Add({"or", {kValue, kValue}, true, Unused, Logic::kOr});
  table->Add({"not", {kValue}, false, Not});
  table->Add({"len", {kValue}, false, Len});
  table->Add({"index", {kValue, kValue}, true, Index});
  table->Add({"slice", {kValue, kValue}, true, Slice});
  table->Add({"call", {kValue, kValue}, true, Unused, Logic::kCall});
  table->Add({"print", {kAny}, true, Print});
  table->Add({"println", {kAny}, true, Println});
  table->Add({"printf", {Parameter::kString, kAny}, true, Printf});
  table->Add({"html", {kAny}, true, Html});
  table->Add({"js", {kAny}, true, Js});
  table->Add({"urlquery", {kAny}, true, UrlQuery});
  table->Add({"eq", {kValue, kValue}, true, Equal});
  table->Add({"ne", {kValue, kValue}, false, Compare<ValuesDiffer>});
  table->Add({"lt", {kValue, kValue}, false, Compare<ValueIsLess>});
  table->Add({"le", {kValue, kValue}, false, Compare<ValueIsLessOrEqual>});
  table->Add({"gt", {kValue, kValue}, false, Compare<ValueIsGreater>});
  table->Add({"ge", {kValue, kValue}, false, Compare<ValueIsGreaterOrEqual>});
}

}  // namespace varve::query
