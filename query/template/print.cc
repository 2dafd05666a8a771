#include "query/template/print.h"

#include "query/engine/number_format.h"
#include "query/template/formatter.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

// Wider is taken for a mistake.
constexpr int64_t kWidthMax = 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One call of Sprintf.
class FormatReader {
 public:
  FormatReader(std::string_view format, std::span<const TemplateValue> values, TemplateArena* arena,
               std::string* out)
      : format_(format), values_(values), formatter_(arena, out), out_(out) {}

  void Run() {
    while (at_ < format_.size()) {
      const size_t percent = std::min(format_.find('%', at_), format_.size());
      out_->append(format_.substr(at_, percent - at_));
      at_ = percent;
      if (at_ < format_.size()) {
        ++at_;
        if (!ReadVerb()) break;
      }
    }
    if (!reordered_ && value_ < values_.size()) PrintExtra();
  }

 private:
  char Peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  // False at the end of the format.
  bool ReadVerb() {
    formatter_.flags = FormatFlags();
    index_is_good_ = true;
    after_index_ = false;
    ReadFlags();
    ReadIndex();
    ReadWidth();
    ReadPrecision();
    if (!after_index_) ReadIndex();
    if (at_ >= format_.size()) {
      out_->append("%!(NOVERB)");
      return false;
    }
    const TemplateRune verb = FirstRune(format_.substr(at_));
    at_ += verb.bytes;
    if (verb.value == '%') {
      out_->push_back('%');
    } else if (!index_is_good_) {
      Bad(verb.value, "(BADINDEX)");
    } else if (value_ >= values_.size()) {
      Bad(verb.value, "(MISSING)");
    } else {
      FormatFlags& flags = formatter_.flags;
      if (verb.value == 'v') {
        flags.sharp_v = flags.sharp;
        flags.sharp = flags.plus = false;
      }
      formatter_.Print(values_[value_++], verb.value);
    }
    return true;
  }

  void ReadFlags() {
    FormatFlags& flags = formatter_.flags;
    for (;; ++at_) {
      switch (Peek()) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  // A decimal number from at_ on, before `end`; false where there is none. One too large ends the
  // format.
  bool ReadNumber(size_t end, int64_t* number) {
    *number = 0;
    const size_t begin = at_;
    for (; at_ < end && IsDigit(format_[at_]); ++at_) {
      if (*number > kWidthMax) {
        at_ = end;
        *number = 0;
        return false;
      }
      *number = *number * 10 + (format_[at_] - '0');
    }
    return at_ > begin;
  }

  // `[3]`: which value comes next.
  void ReadIndex() {
    after_index_ = false;
    if (Peek() != '[') return;
    reordered_ = true;
    const size_t close = format_.find(']', at_);
    if (format_.size() - at_ < 3 || close == format_.npos) {
      index_is_good_ = false;
      ++at_;
      return;
    }
    ++at_;
    int64_t number = 0;
    const bool is_number = ReadNumber(close, &number) && at_ == close;
    at_ = close + 1;
    after_index_ = is_number;
    if (is_number && number >= 1 && number <= static_cast<int64_t>(values_.size())) {
      value_ = static_cast<size_t>(number - 1);
    } else {
      index_is_good_ = false;
    }
  }

  // The value for a `*`; false where it is no integer or too large.
  bool TakeInteger(int64_t* number) {
    *number = 0;
    if (value_ >= values_.size()) return false;
    const TemplateValue& value = values_[value_++];
    if (!value.is_integer()) return false;
    *number = value.as_int();
    if (*number <= kWidthMax && *number >= -kWidthMax) return true;
    *number = 0;
    return false;
  }

  void ReadWidth() {
    FormatFlags& flags = formatter_.flags;
    int64_t width = 0;
    if (Peek() == '*') {
      ++at_;
      flags.has_width = TakeInteger(&width);
      if (!flags.has_width) out_->append("%!(BADWIDTH)");
      if (width < 0) {
        width = -width;
        flags.minus = true;
        flags.zero = false;
      }
      after_index_ = false;
    } else {
      flags.has_width = ReadNumber(format_.size(), &width);
      if (after_index_ && flags.has_width) index_is_good_ = false;
    }
    flags.width = static_cast<int>(width);
  }

  void ReadPrecision() {
    if (at_ + 1 >= format_.size() || Peek() != '.') return;
    FormatFlags& flags = formatter_.flags;
    ++at_;
    if (after_index_) index_is_good_ = false;
    ReadIndex();
    int64_t precision = 0;
    if (Peek() == '*') {
      ++at_;
      flags.has_precision = TakeInteger(&precision);
      if (precision < 0) {
        precision = 0;
        flags.has_precision = false;
      }
      if (!flags.has_precision) out_->append("%!(BADPREC)");
      after_index_ = false;
    } else {
      ReadNumber(format_.size(), &precision);
      flags.has_precision = true;
    }
    flags.precision = static_cast<int>(precision);
  }

  void Bad(uint32_t verb, std::string_view what) {
    out_->append("%!");
    AppendRune(verb, out_);
    out_->append(what);
  }

  void PrintExtra() {
    formatter_.flags = FormatFlags();
    out_->append("%!(EXTRA ");
    for (size_t i = value_; i < values_.size(); ++i) {
      if (i > value_) out_->append(", ");
      const TemplateValue value = values_[i].Unboxed();
      if (value.is_valid()) storage::StrAppend(out_, value.TypeName(), "=");
      formatter_.Print(values_[i], 'v');
    }
    out_->push_back(')');
  }

  std::string_view format_;
  std::span<const TemplateValue> values_;
  ValueFormatter formatter_;
  std::string* out_;
  size_t at_ = 0;
  size_t value_ = 0;
  bool reordered_ = false;
  bool index_is_good_ = true;
  bool after_index_ = false;
};

}  // namespace

void AppendValue(const TemplateValue& value, TemplateArena* arena, std::string* out) {
  switch (value.kind()) {
    case ValueKind::kString:
      out->append(value.as_string());
      return;
    case ValueKind::kInt:
    case ValueKind::kInt64:
      storage::StrAppend(out, value.as_int());
      return;
    case ValueKind::kFloat:
      AppendGeneralFloat(value.as_float(), out);
      return;
    default:
      ValueFormatter(arena, out).Print(value, 'v');
      return;
  }
}

void AppendSprint(std::span<const TemplateValue> values, TemplateArena* arena, std::string* out) {
  bool before_is_string = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_string = values[i].kind() == ValueKind::kString;
    if (i > 0 && !is_string && !before_is_string) out->push_back(' ');
    AppendValue(values[i], arena, out);
    before_is_string = is_string;
  }
}

void AppendSprintln(std::span<const TemplateValue> values, TemplateArena* arena, std::string* out) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out->push_back(' ');
    AppendValue(values[i], arena, out);
  }
  out->push_back('\n');
}

void AppendSprintf(std::string_view format, std::span<const TemplateValue> values,
                   TemplateArena* arena, std::string* out) {
  FormatReader(format, values, arena, out).Run();
}

}  // namespace varve::query
