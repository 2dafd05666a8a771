#include "query/template/value.h"

namespace varve::query {

TemplateValue TemplateValue::Nil() {
  TemplateValue result;
  result.kind_ = ValueKind::kNil;
  result.in_interface_ = true;
  return result;
}

TemplateValue TemplateValue::Bool(bool value) {
  TemplateValue result;
  result.kind_ = ValueKind::kBool;
  result.integer_ = value ? 1 : 0;
  return result;
}

TemplateValue TemplateValue::Int(int64_t value) {
  TemplateValue result;
  result.kind_ = ValueKind::kInt;
  result.integer_ = value;
  return result;
}

TemplateValue TemplateValue::Int64(int64_t value) {
  TemplateValue result = Int(value);
  result.kind_ = ValueKind::kInt64;
  return result;
}

TemplateValue TemplateValue::Uint8(uint8_t value) {
  TemplateValue result = Int(value);
  result.kind_ = ValueKind::kUint8;
  return result;
}

TemplateValue TemplateValue::Float(double value) {
  TemplateValue result;
  result.kind_ = ValueKind::kFloat;
  result.real_ = value;
  return result;
}

TemplateValue TemplateValue::Complex(double real, double imaginary) {
  TemplateValue result;
  result.kind_ = ValueKind::kComplex;
  result.real_ = real;
  result.imaginary_ = imaginary;
  return result;
}

TemplateValue TemplateValue::String(std::string_view text) {
  TemplateValue result;
  result.kind_ = ValueKind::kString;
  result.text_ = text.data();
  result.size_ = text.size();
  return result;
}

TemplateValue TemplateValue::Duration(int64_t nanoseconds) {
  TemplateValue result = Int(nanoseconds);
  result.kind_ = ValueKind::kDuration;
  return result;
}

TemplateValue TemplateValue::Time(const GoTime* time) {
  TemplateValue result;
  result.kind_ = ValueKind::kTime;
  result.time_ = time;
  return result;
}

TemplateValue TemplateValue::List(std::span<const TemplateValue> elements) {
  TemplateValue result;
  result.kind_ = ValueKind::kList;
  result.list_ = elements.data();
  result.size_ = elements.size();
  return result;
}

TemplateValue TemplateValue::Map(std::span<const TemplateField> fields) {
  TemplateValue result;
  result.kind_ = ValueKind::kMap;
  result.fields_ = fields.data();
  result.size_ = fields.size();
  return result;
}

TemplateValue TemplateValue::StringMap(const TemplateMap* map) {
  TemplateValue result;
  result.kind_ = ValueKind::kStringMap;
  result.map_ = map;
  return result;
}

TemplateValue TemplateValue::InInterface() const {
  if (!is_valid()) return Nil();
  TemplateValue result = *this;
  result.in_interface_ = true;
  return result;
}

TemplateValue TemplateValue::Unboxed() const {
  if (kind_ == ValueKind::kNil) return TemplateValue();
  TemplateValue result = *this;
  result.in_interface_ = false;
  return result;
}

bool TemplateValue::IsTrue() const {
  switch (kind_) {
    case ValueKind::kInvalid:
    case ValueKind::kNil:
      return false;
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kInt64:
    case ValueKind::kUint8:
    case ValueKind::kDuration:
      return integer_ != 0;
    case ValueKind::kFloat:
      return real_ != 0;
    case ValueKind::kComplex:
      return real_ != 0 || imaginary_ != 0;
    case ValueKind::kString:
    case ValueKind::kList:
    case ValueKind::kMap:
      return size_ != 0;
    case ValueKind::kStringMap:
      return map_->size() != 0;
    case ValueKind::kTime:
      return true;  // as every struct
  }
  return false;
}

std::string_view TemplateValue::TypeName() const {
  if (in_interface_) return "interface {}";
  switch (kind_) {
    case ValueKind::kInvalid:
    case ValueKind::kNil:
      return "<nil>";
    case ValueKind::kBool:
      return "bool";
    case ValueKind::kInt:
      return "int";
    case ValueKind::kInt64:
      return "int64";
    case ValueKind::kUint8:
      return "uint8";
    case ValueKind::kFloat:
      return "float64";
    case ValueKind::kComplex:
      return "complex128";
    case ValueKind::kString:
      return "string";
    case ValueKind::kDuration:
      return "time.Duration";
    case ValueKind::kTime:
      return "time.Time";
    case ValueKind::kList:
      return "[]interface {}";
    case ValueKind::kMap:
      return "map[string]interface {}";
    case ValueKind::kStringMap:
      return "map[string]string";
  }
  return "";
}

}  // namespace varve::query
