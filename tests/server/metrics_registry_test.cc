#include "server/metrics_registry.h"

#include <doctest/doctest.h>

namespace varve::server {

TEST_SUITE("server/metrics_registry") {
  TEST_CASE("counters, histograms, aliases and collectors are shown as text exposition") {
    MetricsRegistry metrics;
    metrics.FindCounter("a_total", "Help \\ of\na.", {{"x", "q\"\\\n"}})->Add(3);
    CHECK(metrics.FindCounter("a_total", "", {{"x", "q\"\\\n"}})->value() == 3);
    metrics.AddAlias("a_total", "b_total");
    metrics.AddCollector([](ExpositionWriter* writer) { writer->Single("g", "gauge", "G.", 1.5); });
    CHECK(metrics.Render() ==
          "# HELP a_total Help \\\\ of\\na.\n# TYPE a_total counter\n"
          "a_total{x=\"q\\\"\\\\\\n\"} 3\n"
          "# HELP b_total Help \\\\ of\\na.\n# TYPE b_total counter\n"
          "b_total{x=\"q\\\"\\\\\\n\"} 3\n"
          "# HELP g G.\n# TYPE g gauge\ng 1.5\n");
  }

  TEST_CASE("a histogram's buckets add up and its bounds are included") {
    Histogram histogram({0.1, 1});
    histogram.Observe(0.1);
    histogram.Observe(0.5);
    histogram.Observe(7);
    CHECK(histogram.bucket(0) == 1);
    CHECK(histogram.bucket(1) == 1);
    CHECK(histogram.bucket(2) == 1);
    CHECK(histogram.sum_seconds() == doctest::Approx(7.6));
    MetricsRegistry metrics;
    metrics.FindHistogram("h_seconds", "H.")->Observe(0.3);
    const std::string page = metrics.Render();
    CHECK(page.find("h_seconds_bucket{le=\"0.25\"} 0\n") != std::string::npos);
    CHECK(page.find("h_seconds_bucket{le=\"0.5\"} 1\n") != std::string::npos);
    CHECK(page.find("h_seconds_bucket{le=\"+Inf\"} 1\n") != std::string::npos);
    CHECK(page.find("h_seconds_count 1\n") != std::string::npos);
  }
}

}  // namespace varve::server
