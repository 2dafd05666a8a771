#include "query/engine/label_text.h"

#include <doctest/doctest.h>

namespace varve::query {
namespace {

using storage::LabelSet;

TEST_SUITE("query/engine/label_text") {
  TEST_CASE("the name, the type and the unit go, wherever they stand") {
    CHECK(WithoutMetricName(LabelSet()) == LabelSet());
    CHECK(WithoutMetricName(LabelSet{{"__name__", "up"}}) == LabelSet());
    CHECK(WithoutMetricName(LabelSet{{"__name__", "up"}, {"job", "a"}}) == LabelSet{{"job", "a"}});
    CHECK(WithoutMetricName(LabelSet{{"A", "1"}, {"__name__", "up"}, {"job", "a"}}) ==
          LabelSet{{"A", "1"}, {"job", "a"}});
    CHECK(WithoutMetricName(
              LabelSet{{"__name__", "up"}, {"__type__", "gauge"}, {"__unit__", "s"}, {"a", "b"}}) ==
          LabelSet{{"a", "b"}});
    CHECK(WithoutMetricName(LabelSet{{"__name__", "up"}, {"__o__", "x"}, {"__unit__", "s"}}) ==
          LabelSet{{"__o__", "x"}});
    CHECK(WithoutMetricName(LabelSet{{"__name__", "up"}, {"__o__", "x"}, {"__x__", "s"}}) ==
          LabelSet{{"__o__", "x"}, {"__x__", "s"}});
    CHECK(WithoutMetricName(LabelSet{{"__type__", "gauge"}, {"b", "1"}}) == LabelSet{{"b", "1"}});
    const std::string long_value(400, 'v');
    CHECK(WithoutMetricName(LabelSet{{"__name__", long_value}, {"b", long_value}}) ==
          LabelSet{{"b", long_value}});
  }
}

}  // namespace
}  // namespace varve::query
