// TemplateValue: what a template computes with, typed as Go types its values.
//
// Threads:  values; immutable.
// Owns:     nothing: texts, lists and maps lie in the data, the template or the arena of the
//           execution, which outlive the value.
// Source:   the documentation of Go's packages text/template and reflect.
#ifndef QUERY_TEMPLATE_VALUE_H_
#define QUERY_TEMPLATE_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace varve::query {

class TemplateArena;
class TemplateMap;
struct TemplateField;
struct GoTime;

enum class ValueKind : uint8_t {
  kInvalid,  // no value at all: prints <no value>
  kNil,      // a nil in an interface: prints <nil>
  kBool,
  kInt,
  kInt64,
  kUint8,
  kFloat,
  kComplex,
  kString,
  kDuration,
  kTime,
  kList,       // []interface {}
  kMap,        // map[string]interface {}
  kStringMap,  // map[string]string, behind TemplateMap
};

class TemplateValue {
 public:
  TemplateValue() = default;
  static TemplateValue Nil();
  static TemplateValue Bool(bool value);
  static TemplateValue Int(int64_t value);
  static TemplateValue Int64(int64_t value);
  static TemplateValue Uint8(uint8_t value);
  static TemplateValue Float(double value);
  static TemplateValue Complex(double real, double imaginary);
  static TemplateValue String(std::string_view text);
  static TemplateValue Duration(int64_t nanoseconds);
  static TemplateValue Time(const GoTime* time);
  static TemplateValue List(std::span<const TemplateValue> elements);
  // REQUIRES: `fields` are sorted by name, each name once.
  static TemplateValue Map(std::span<const TemplateField> fields);
  static TemplateValue StringMap(const TemplateMap* map);

  ValueKind kind() const { return kind_; }
  bool is_valid() const { return kind_ != ValueKind::kInvalid; }
  // Whether it is an element of a list or map of anything: Go then knows its type only as
  // `interface {}` until a pipeline ends.
  bool in_interface() const { return in_interface_; }
  TemplateValue InInterface() const;
  // What the interface holds: a nil in it is no value.
  TemplateValue Unboxed() const;

  bool as_bool() const { return integer_ != 0; }
  int64_t as_int() const { return integer_; }  // of all integer kinds and of a duration
  double as_float() const { return real_; }
  double imaginary() const { return imaginary_; }
  std::string_view as_string() const { return {text_, size_}; }
  const GoTime& as_time() const { return *time_; }
  std::span<const TemplateValue> as_list() const { return {list_, size_}; }
  std::span<const TemplateField> as_map() const;
  const TemplateMap& as_string_map() const { return *map_; }

  bool is_integer() const {
    return kind_ == ValueKind::kInt || kind_ == ValueKind::kInt64 || kind_ == ValueKind::kUint8 ||
           kind_ == ValueKind::kDuration;
  }
  // Whether `if` takes it for true: not the zero of its type, not empty.
  bool IsTrue() const;
  // As Go names its type: `int`, `map[string]interface {}`.
  std::string_view TypeName() const;

 private:
  ValueKind kind_ = ValueKind::kInvalid;
  bool in_interface_ = false;
  union {
    int64_t integer_ = 0;
    double real_;
    const char* text_;
    const GoTime* time_;
    const TemplateValue* list_;
    const TemplateField* fields_;
    const TemplateMap* map_;
  };
  union {
    size_t size_ = 0;
    double imaginary_;
  };
};

struct TemplateField {
  std::string_view name;
  TemplateValue value;
};

inline std::span<const TemplateField> TemplateValue::as_map() const { return {fields_, size_}; }

// A map[string]string that the caller has: the labels of an entry, of an alert.
//
// Threads:  one thread.
class TemplateMap {
 public:
  virtual ~TemplateMap() = default;
  // Whether the map has the key.
  virtual bool Find(std::string_view name, std::string_view* value) const = 0;
  virtual size_t size() const = 0;
  // All fields sorted by name, in the arena or in the map itself.
  virtual std::span<const TemplateField> Fields(TemplateArena* arena) const = 0;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_VALUE_H_
