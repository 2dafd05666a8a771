#include "server/configuration_yaml.h"

#include <doctest/doctest.h>

namespace varve::server {

TEST_SUITE("server/configuration_yaml") {
  TEST_CASE("the defaults") {
    CHECK(ConfigurationYaml(ServerOptions()) ==
          "global:\n"
          "  evaluation_interval: 1m\n"
          "storage:\n"
          "  tsdb:\n"
          "    out_of_order_time_window: 30d\n"
          "    retention:\n"
          "      time: 30d\n");
    CHECK(RetentionText(storage::StorageOptions()) == "30d");
  }

  TEST_CASE("a size, and everything") {
    ServerOptions options;
    options.storage.retention_ms = 0;
    CHECK(ConfigurationYaml(options) ==
          "global:\n"
          "  evaluation_interval: 1m\n"
          "storage:\n"
          "  tsdb:\n"
          "    out_of_order_time_window: 100y\n");
    CHECK(RetentionText(options.storage).empty());
    options.storage.retention_bytes = 3 << 20;
    CHECK(ConfigurationYaml(options).ends_with("    retention:\n      size: 3MiB\n"));
    CHECK(RetentionText(options.storage) == "3MiB");
    options.storage.retention_ms = 86'400'000;
    CHECK(RetentionText(options.storage) == "1d or 3MiB");
  }
}

}  // namespace varve::server
