#include "server/http/query_parameters.h"

#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

absl::StatusOr<std::string> DecodePercent(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return absl::InvalidArgumentError(
            storage::StrCat("invalid URL escape ", storage::Quote(text.substr(i, 3))));
      }
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else if (text[i] == '+' && plus_is_blank) {
      decoded.push_back(' ');
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

absl::Status QueryParameters::Parse(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    if (pairs_.size() == kQueryParametersMax) {
      return absl::InvalidArgumentError(
          storage::StrCat("cannot read parameters: too many, want at most ", kQueryParametersMax));
    }
    absl::Status parsed = ParsePair(part);
    if (error_.ok()) error_ = std::move(parsed);
  }
  return absl::OkStatus();
}

absl::Status QueryParameters::ParsePair(std::string_view part) {
  if (part.find(';') != std::string_view::npos) {
    return absl::InvalidArgumentError("invalid semicolon separator in query");
  }
  const size_t equals = std::min(part.find('='), part.size());
  VARVE_ASSIGN_OR_RETURN(std::string name, DecodePercent(part.substr(0, equals), true));
  VARVE_ASSIGN_OR_RETURN(std::string value,
                         DecodePercent(part.substr(std::min(equals + 1, part.size())), true));
  Add(std::move(name), std::move(value));
  return absl::OkStatus();
}

void QueryParameters::AddAll(const QueryParameters& other) {
  pairs_.insert(pairs_.end(), other.pairs_.begin(), other.pairs_.end());
  if (error_.ok()) error_ = other.error_;
}

void QueryParameters::Add(std::string name, std::string value) {
  pairs_.emplace_back(std::move(name), std::move(value));
}

std::string_view QueryParameters::Get(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string_view> QueryParameters::GetAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

bool QueryParameters::Has(std::string_view name) const {
  for (const auto& pair : pairs_) {
    if (pair.first == name) return true;
  }
  return false;
}

}  // namespace varve::server
