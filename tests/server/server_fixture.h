// A server on a free port with a data directory of its own, and a client that asks it things.
#ifndef TESTS_SERVER_SERVER_FIXTURE_H_
#define TESTS_SERVER_SERVER_FIXTURE_H_

#include <doctest/doctest.h>
#include <snappy.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "server/server.h"
#include "tests/server/http/raw_client.h"

namespace varve::server {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "varve-server-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A server on a free port, and a client that asks it things.
class ServerFixture {
 public:
  explicit ServerFixture(const std::string& path, bool admin = false,
                         const std::function<void(ServerOptions*)>& configure = {})
      : logger_(LogLevel::kError, LogFormat::kLogfmt,
                [this](std::string_view line) { log_ += line; }) {
    options_.http.addresses = {"127.0.0.1:0"};
    options_.storage.path = path;
    options_.storage.retention_ms = 0;
    options_.enable_admin_api = admin;
    if (configure) configure(&options_);
    absl::StatusOr<std::unique_ptr<Server>> started = Server::Start(options_, &logger_);
    INFO(started.status().ToString());
    REQUIRE(started.ok());
    server_ = *std::move(started);
  }
  ~ServerFixture() {
    if (server_ != nullptr) Stop();
  }

  void Stop() {
    CHECK(server_->Stop().ok());
    server_ = nullptr;
  }
  std::string address() const { return server_->addresses()[0]; }
  Logger* logger() { return &logger_; }
  const ServerOptions& options() const { return options_; }

  RawResponse Get(const std::string& target, const std::string& headers = "") {
    RawClient client(server_->addresses()[0]);
    client.Send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return client.Read();
  }
  RawResponse Post(const std::string& target, const std::string& body,
                   const std::string& headers = "") {
    RawClient client(server_->addresses()[0]);
    client.Send("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
    return client.Read();
  }
  RawResponse PushLogs(const std::string& json) {
    return Post("/loki/api/v1/push", json, "Content-Type: application/json\r\n");
  }
  RawResponse WriteSamples(const std::string& request) {
    std::string compressed;
    snappy::Compress(request.data(), request.size(), &compressed);
    return Post("/api/v1/write", compressed,
                "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n");
  }

 private:
  ServerOptions options_;
  std::string log_;
  Logger logger_;
  std::unique_ptr<Server> server_;
};

}  // namespace varve::server

#endif  // TESTS_SERVER_SERVER_FIXTURE_H_
