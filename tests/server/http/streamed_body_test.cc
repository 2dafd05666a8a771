#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "server/http/http_listener.h"
#include "server/http/task_pool.h"
#include "tests/server/http/raw_client.h"

namespace varve::server {
namespace {

// What the sources of a test did.
struct Made {
  std::atomic<int> pieces{0};
  std::atomic<int> living{0};
};

// `count` pieces of `bytes`, each of a letter of its own; then the end, or an error.
class Letters : public HttpBodySource {
 public:
  Letters(int count, size_t bytes, bool fails, Made* made)
      : count_(count), bytes_(bytes), fails_(fails), made_(made) {
    ++made_->living;
  }
  ~Letters() override { --made_->living; }

  absl::Status Next(std::string* piece) override {
    piece->clear();
    if (next_ == count_) {
      return fails_ ? absl::DataLossError("cannot read on") : absl::OkStatus();
    }
    piece->assign(bytes_, static_cast<char>('a' + next_++ % 26));
    ++made_->pieces;
    return absl::OkStatus();
  }

 private:
  const int count_;
  const size_t bytes_;
  const bool fails_;
  Made* made_;
  int next_ = 0;
};

// GET /NUMBER-OF-PIECES?bytes=B&fails=1&first=TEXT
class Fixture {
 public:
  Fixture() : pool_("pieces", 1, 4) {
    HttpListenerOptions options;
    options.addresses = {"127.0.0.1:0"};
    auto started = HttpListener::Start(options, [this](HttpRequest request, HttpResponder respond) {
      HttpResponse response;
      response.content_type = "text/plain";
      response.body = request.query.Get("first");
      response.source = std::make_shared<Letters>(
          std::stoi(request.path.substr(1)), std::stoull(std::string(request.query.Get("bytes"))),
          request.query.Has("fails"), &made_);
      response.executor = [this](std::function<void()> task) { pool_.Resume(std::move(task)); };
      respond(std::move(response));
    });
    REQUIRE(started.ok());
    listener_ = *std::move(started);
  }
  ~Fixture() {
    listener_->Stop();
    pool_.Stop();
  }

  std::string address() const { return listener_->addresses()[0]; }
  const HttpListenerStats& stats() const { return listener_->stats(); }
  Made& made() { return made_; }
  RawResponse Get(const std::string& target, const std::string& version = "1.1") {
    RawClient client(address());
    client.Send("GET " + target + " HTTP/" + version + "\r\nHost: x\r\n\r\n");
    return client.Read();
  }
  template <typename Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

 private:
  Made made_;
  TaskPool pool_;
  std::unique_ptr<HttpListener> listener_;
};

}  // namespace

TEST_SUITE("server/http/streamed_body") {
  TEST_CASE("pieces come in their order, in chunks, and the connection stays") {
    Fixture fixture;
    RawClient client(fixture.address());
    for (const std::string first : {"", "0"}) {
      client.Send("GET /5?bytes=3&first=" + first + " HTTP/1.1\r\nHost: x\r\n\r\n");
      const RawResponse response = client.Read();
      CHECK(response.status == 200);
      CHECK(response.Header("Transfer-Encoding") == "chunked");
      CHECK(response.Header("Content-Length").empty());
      CHECK(response.body == first + "aaabbbcccdddeee");
    }
    client.Send("GET /0?bytes=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.Read().body.empty());
    CHECK(Fixture::Eventually([&] { return fixture.made().living == 0; }));
    CHECK(Fixture::Eventually([&] { return fixture.stats().requests_in_flight == 0; }));
  }

  TEST_CASE("HTTP/1.0 knows no chunks: the end of the connection is the end of the body") {
    Fixture fixture;
    const RawResponse response = fixture.Get("/30?bytes=100000&first=x", "1.0");
    CHECK(response.Header("Transfer-Encoding").empty());
    CHECK(response.Header("Connection") == "close");
    CHECK(response.body.size() == 3'000'001);
    CHECK(response.body.back() == 'd');
  }

  TEST_CASE("an error leaves a body without an end") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("GET /2?bytes=4&fails=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const RawResponse response = client.Read();
    CHECK(response.status == 200);
    CHECK(response.body == "aaaabbbb");
    CHECK_FALSE(response.whole);
  }

  TEST_CASE("no more is made than the client takes, and nothing once it is gone") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("GET /100000?bytes=1000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(Fixture::Eventually([&] { return fixture.made().pieces > 0; }));
    // Sockets hold some megabytes; then the source is left alone.
    int made = 0;
    CHECK(Fixture::Eventually([&] {
      const int before = made;
      made = fixture.made().pieces;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      return before == made;
    }));
    CHECK(made < 1000);
    client.Reset();
    CHECK(Fixture::Eventually([&] { return fixture.made().living == 0; }));
    CHECK(fixture.made().pieces < 1000);
  }
}

}  // namespace varve::server
