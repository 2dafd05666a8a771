#include "server/config.h"

#include <doctest/doctest.h>

#include <cstdlib>

namespace varve::server {
namespace {

ServerOptions Parsed(std::vector<std::string> arguments) {
  const ConfigResult result = ParseConfig(std::move(arguments));
  INFO(result.text);
  REQUIRE(result.options.has_value());
  return *result.options;
}

// Sets an environment variable for a scope.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~ScopedEnvironment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_SUITE("server/config") {
  TEST_CASE("without arguments the defaults of the design hold") {
    const ServerOptions options = Parsed({});
    CHECK(options.http.addresses == std::vector<std::string>{"127.0.0.1:8278"});
    CHECK(options.storage.path == "./varve-data");
    CHECK(options.storage.retention_ms == 30LL * 86'400'000);
    CHECK(options.storage.retention_bytes == 0);
    CHECK(options.query.timeout_ms == 120'000);
    CHECK(options.query.lookback_ms == 300'000);
    CHECK(options.query.samples_max == 50'000'000);
    CHECK_FALSE(options.enable_admin_api);
    CHECK_FALSE(options.enable_lifecycle);
    CHECK(options.query.steps_max == 11'000);
    CHECK(options.cors_origin.empty());
    CHECK(options.discover_service_name);
    CHECK(options.discover_level);
  }

  TEST_CASE("flags set what they name, with Prometheus's names as aliases") {
    const ServerOptions options = Parsed(
        {"--web.listen-address=127.0.0.1:0", "--web.listen-address", "[::1]:9090",
         "--storage.tsdb.path=/x", "--storage.retention.time=0",
         "--storage.tsdb.retention.size=512MB", "--query.timeout=30s",
         "--query.lookback-delta=1m30s", "--query.max-samples=100", "--query.max-concurrency=7",
         "--web.enable-admin-api", "--web.enable-lifecycle", "--query.max-points=50000",
         "--web.cors.origin=https://a.*", "--log.level=warn", "--log.format=json",
         "--logs.discover-level=false", "--logs.discover-service-name=false"});
    CHECK(options.http.addresses == std::vector<std::string>{"127.0.0.1:0", "[::1]:9090"});
    CHECK(options.storage.path == "/x");
    CHECK(options.storage.retention_ms == 0);
    CHECK(options.storage.retention_bytes == 512ULL << 20);
    CHECK(options.query.timeout_ms == 30'000);
    CHECK(options.query.lookback_ms == 90'000);
    CHECK(options.query.samples_max == 100);
    CHECK(options.query_concurrency == 7);
    CHECK(options.enable_admin_api);
    CHECK(options.enable_lifecycle);
    CHECK(options.query.steps_max == 50'000);
    CHECK(options.cors_origin == "https://a.*");
    CHECK(options.log_level == LogLevel::kWarn);
    CHECK(options.log_format == LogFormat::kJson);
    CHECK_FALSE(options.discover_level);
    CHECK_FALSE(options.discover_service_name);
  }

  TEST_CASE("syslog is taken where a flag says so, and within its limits") {
    CHECK_FALSE(Parsed({}).syslog.enabled());
    const SyslogListenerOptions options =
        Parsed({"--syslog.listen-address.tcp=:1514", "--syslog.listen-address.tcp=[::1]:1515",
                "--syslog.listen-address.udp=127.0.0.1:1514", "--syslog.timezone=America/New_York",
                "--syslog.max-connections=7", "--syslog.max-message-size=8KB",
                "--syslog.idle-timeout=5m", "--syslog.max-source-buffer=1MB",
                "--syslog.max-buffer=2MB"})
            .syslog;
    CHECK(options.enabled());
    CHECK(options.tcp_addresses == std::vector<std::string>{":1514", "[::1]:1515"});
    CHECK(options.udp_addresses == std::vector<std::string>{"127.0.0.1:1514"});
    CHECK(options.zone.name() == "America/New_York");
    CHECK(options.connections_max == 7);
    CHECK(options.message_bytes_max == 8 << 10);
    CHECK(options.idle_timeout_ms == 300'000);
    CHECK(options.source_bytes_max == 1 << 20);
    CHECK(options.waiting_bytes_max == 2 << 20);
    // A line may not be longer, and RFC 5424 wants receivers to take 480 bytes at least.
    for (const char* flag : {"--syslog.timezone=Mars/Base", "--syslog.max-message-size=257KB",
                             "--syslog.max-message-size=479", "--syslog.max-connections=0"}) {
      CHECK(ParseConfig({flag}).exit_code == kExitBadFlag);
    }
  }

  TEST_CASE("the environment sets flags, and the command line wins over it") {
    const ScopedEnvironment path("VARVE_STORAGE_PATH", "/from-environment");
    const ScopedEnvironment addresses("VARVE_WEB_LISTEN_ADDRESS", "127.0.0.1:1,127.0.0.1:2");
    const ScopedEnvironment level("VARVE_LOGS_DISCOVER_LEVEL", "false");
    ServerOptions options = Parsed({});
    CHECK(options.storage.path == "/from-environment");
    CHECK(options.http.addresses == std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"});
    CHECK_FALSE(options.discover_level);
    options = Parsed({"--storage.path=/from-flag"});
    CHECK(options.storage.path == "/from-flag");
  }

  TEST_CASE("a flag that cannot be used is an error that names it, with exit code 2") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"--query.timeout=soon", "--query.timeout"},
        {"--query.timeout=0", "--query.timeout"},
        {"--storage.retention.time=-1d", "--storage.retention.time"},
        {"--storage.retention.size=12XB", "--storage.retention.size"},
        {"--query.max-samples=0", "--query.max-samples"},
        {"--query.max-samples=many", "--query.max-samples"},
        {"--query.max-points=0", "--query.max-points"},
        {"--web.cors.origin=(", "--web.cors.origin"},
        {"--log.level=loud", "--log.level"},
        {"--log.format=xml", "--log.format"},
        {"--web.max-body-size=2TB", "--web.max-body-size"},
        {"--nonsense=1", "--nonsense"},
        {"--storage.path=", "--storage.path"},
        {"word", "word"},
    };
    for (const auto& [argument, named] : cases) {
      INFO(argument);
      const ConfigResult result = ParseConfig({argument});
      CHECK_FALSE(result.options.has_value());
      CHECK(result.exit_code == kExitBadFlag);
      CHECK(result.text.find(named) != std::string::npos);
    }
  }

  TEST_CASE("help and version are answered without a server") {
    const ConfigResult help = ParseConfig({"--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.text.find("--storage.retention.time") != std::string::npos);
    CHECK(help.text.find("VARVE_STORAGE_RETENTION_TIME") != std::string::npos);
    const ConfigResult version = ParseConfig({"--version"});
    CHECK(version.exit_code == 0);
    CHECK(version.text.find("varved 0.") == 0);
  }

  TEST_CASE("the flags in force can be shown") {
    const ServerOptions options = Parsed({"--query.timeout=30s"});
    bool found = false;
    for (const auto& [name, value] : options.flags) {
      if (name == "query.timeout") found = value == "30s";
      if (name == "query.lookback-delta") CHECK(value == "5m");
    }
    CHECK(found);
  }
}

}  // namespace varve::server
