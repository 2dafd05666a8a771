#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "query/template/template.h"

namespace varve::query {
namespace {

const TemplateFunctionTable& Language() {
  static const TemplateFunctionTable table;
  return table;
}

struct Outcome {
  absl::Status status;
  std::string out;
};

Outcome Execute(std::string_view text, const TemplateValue& dot,
                const TemplateLimits& limits = TemplateLimits(),
                const TemplateFunctionTable& functions = Language(),
                const void* environment = nullptr) {
  const auto parsed = Template::Parse("test", text, functions, limits);
  REQUIRE_MESSAGE(parsed.ok(), std::string(parsed.status().message()));
  TemplateRun run;
  Outcome outcome;
  outcome.status = parsed->Execute(dot, environment, &run, &outcome.out);
  return outcome;
}

TEST_SUITE("query/template/template") {
  TEST_CASE("a loop without end stops at the limit of steps") {
    TemplateLimits limits;
    limits.steps_max = 1000;
    const Outcome outcome = Execute("{{range 1000000000}}{{end}}", {}, limits);
    CHECK(absl::IsResourceExhausted(outcome.status));
    CHECK(outcome.status.message().find("exceeded maximum number of steps (1000)") !=
          absl::string_view::npos);
    CHECK(Execute("{{range 400}}{{end}}", {}, limits).status.ok());
  }

  TEST_CASE("output and the texts made for it are limited together") {
    TemplateLimits limits;
    limits.output_bytes_max = 1000;
    CHECK(absl::IsResourceExhausted(Execute("{{range 2000}}x{{end}}", {}, limits).status));
    CHECK(absl::IsResourceExhausted(
        Execute("{{$x := \"0123456789\"}}{{range 8}}{{$x = print $x $x}}{{end}}", {}, limits)
            .status));
    CHECK(Execute("{{range 900}}x{{end}}", {}, limits).out.size() == 900);
  }

  TEST_CASE("a template that calls itself stops at the limit of depth") {
    const Outcome outcome =
        Execute("{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}", {});
    CHECK(absl::IsResourceExhausted(outcome.status));
    CHECK(outcome.status.message().find("exceeded maximum template depth") !=
          absl::string_view::npos);
  }

  TEST_CASE("nesting deeper than the limit is an error, not a crash") {
    std::string parens;
    std::string blocks;
    for (int i = 0; i < 100'000; ++i) {
      parens += "(";
      blocks += "{{if 1}}";
    }
    CHECK(!Template::Parse("t", "{{" + parens, Language()).ok());
    CHECK(!Template::Parse("t", blocks, Language()).ok());
  }

  TEST_CASE("a template that is one field is known as such") {
    const auto field = [](std::string_view text) {
      const auto parsed = Template::Parse("t", text, Language());
      REQUIRE(parsed.ok());
      const std::string* name = parsed->single_field();
      return name == nullptr ? std::string() : *name;
    };
    CHECK(field("{{.a}}") == "a");
    CHECK(field("{{ .a }}") == "a");
    CHECK(field("{{.a}} ").empty());
    CHECK(field("{{.a.b}}").empty());
    CHECK(field("{{$x := .a}}").empty());
    CHECK(field("{{print .a}}").empty());
  }

  TEST_CASE("the fields a template may read are known before it runs") {
    const auto use = [](std::string_view text) {
      const auto parsed = Template::Parse("t", text, Language());
      REQUIRE(parsed.ok());
      return parsed->fields();
    };
    CHECK(use("{{.a}}{{if .b}}{{$.c}}{{else}}{{print .d (len .e)}}{{end}}").names ==
          std::vector<std::string>{"a", "b", "c", "d", "e"});
    CHECK(!use("{{.a}}").all);
    CHECK(!use("text").all);
    CHECK(use("{{range $k, $v := .}}{{$k}}{{end}}").all);
    CHECK(use("{{index . \"x\"}}").all);
    CHECK(use("{{len $}}").all);
    CHECK(use("{{define \"x\"}}{{.f}}{{end}}").names == std::vector<std::string>{"f"});
    CHECK(use("{{with $x := .a}}{{$x.b}}{{end}}").names == std::vector<std::string>{"a", "b"});
  }

  TEST_CASE("a table of functions is the caller's, and they get its environment") {
    TemplateFunctionTable table;
    table.Add({"greet", {TemplateParameter::kString}, false, [](TemplateCall* call) {
                 const auto* greeting = static_cast<const std::string*>(call->environment());
                 return call->Return(*greeting + " " + std::string(call->text(0)));
               }});
    table.Add({"fail", {}, false, [](TemplateCall* call) { return call->Fail("no luck"); }});
    const std::string greeting = "hello";
    CHECK(Execute("{{greet \"you\" | printf \"%q\"}}", {}, {}, table, &greeting).out ==
          "\"hello you\"");
    CHECK(Execute("{{fail}}", {}, {}, table).status.message() ==
          "template: test:1:2: executing \"test\" at <fail>: error calling fail: no luck");
    CHECK(!Template::Parse("t", "{{greet .}}", Language()).ok());
  }

  TEST_CASE("a map of anything gives nil for a key it lacks, and its values print as Go's") {
    const TemplateField fields[] = {{"list", TemplateValue::List({})},
                                    {"number", TemplateValue::Float(1.5)},
                                    {"text", TemplateValue::String("x")}};
    const TemplateValue dot = TemplateValue::Map(fields);
    CHECK(Execute("{{.number}} {{.text}} {{.nope}} {{.list}} {{.}}", dot).out ==
          "1.5 x <no value> [] map[list:[] number:1.5 text:x]");
    CHECK(Execute("{{if .nope}}a{{else}}b{{end}}", dot).out == "b");
    CHECK(Execute("{{.nope.x}}", dot).status.message() ==
          "template: test:1:7: executing \"test\" at <.nope.x>: nil pointer evaluating interface "
          "{}.x");
  }

  TEST_CASE("durations print as Go's") {
    const TemplateField fields[] = {{"took", TemplateValue::Duration(90'500'000'000)}};
    CHECK(Execute("{{.took}} {{printf \"%s %d %T\" .took .took .took}}", TemplateValue::Map(fields))
              .out == "1m30.5s 1m30.5s 90500000000 time.Duration");
  }

  TEST_CASE("one run serves many templates") {
    TemplateRun run;
    for (int i = 0; i < 100; ++i) {
      const auto parsed =
          Template::Parse("t",
                          "{{$x := print " + std::to_string(i) + "}}{{$x}}{{template \"a\" $x}}" +
                              "{{define \"a\"}}-{{.}}{{end}}",
                          Language());
      REQUIRE(parsed.ok());
      std::string out;
      run.arena().Reset();
      REQUIRE(parsed->Execute({}, nullptr, &run, &out).ok());
      CHECK(out == std::to_string(i) + "-" + std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace varve::query
