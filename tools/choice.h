// OneOf: a flag that takes one of some words.
//
// Threads:  called while the command line is described.
// Errors:   the flag's, naming the words.
#ifndef TOOLS_CHOICE_H_
#define TOOLS_CHOICE_H_

#include <CLI/CLI.hpp>

#include <map>
#include <string>

#include "storage/model/text.h"

namespace varve::tools {

template <typename Value>
CLI::Validator OneOf(const std::map<std::string, Value>& choices) {
  return CLI::Validator(
      [choices](std::string& text) -> std::string {
        if (const auto found = choices.find(text); found != choices.end()) {
          text = std::to_string(static_cast<int>(found->second));  // what CLI11 makes an enum of
          return "";
        }
        std::string words;
        size_t left = choices.size();
        for (const auto& [word, value] : choices) {
          words += word;
          if (--left > 0) words += left == 1 ? " or " : ", ";
        }
        return storage::StrCat("found ", storage::Quote(text), ", want ", words);
      },
      "");
}

}  // namespace varve::tools

#endif  // TOOLS_CHOICE_H_
