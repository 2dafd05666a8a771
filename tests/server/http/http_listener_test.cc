#include "server/http/http_listener.h"

#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/server/http/raw_client.h"

namespace varve::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A listener whose handler echoes, or, for /wait, answers on another thread when it is told to.
class Fixture {
 public:
  explicit Fixture(HttpListenerOptions options = {}) {
    options.addresses = {"127.0.0.1:0"};
    auto started = HttpListener::Start(std::move(options), [this](HttpRequest request,
                                                                  HttpResponder respond) {
      if (request.path == "/queue") {
        *request.on_cancelled = [this, respond] {
          hook_calls_.fetch_add(1);
          HttpResponse response;
          response.status = 499;
          respond(std::move(response));
        };
        return;
      }
      if (request.path == "/wait") {
        threads_.emplace_back([this, taken = std::move(request), respond] {
          const auto deadline = steady_clock::now() + milliseconds(5000);
          while (!taken.cancelled->load() && !release_.load() && steady_clock::now() < deadline) {
            std::this_thread::sleep_for(milliseconds(1));
          }
          if (taken.cancelled->load()) cancelled_.store(true);
          HttpResponse response;
          response.status = taken.cancelled->load() ? 499 : 200;
          respond(std::move(response));
        });
        return;
      }
      HttpResponse response;
      response.content_type = "text/plain";
      response.body = request.method + " " + request.path + " " +
                      std::string(request.query.Get("q")) + " " +
                      std::to_string(request.body.size());
      if (request.path == "/big") response.body.assign(20 << 20, 'x');
      if (request.path == "/pieces") {
        // More than one system call takes, empty ones among them.
        for (int i = 0; i < 100; ++i) {
          response.front.push_back(
              std::string(i % 7 == 0 ? 0 : 30'000, static_cast<char>('a' + i % 26)));
        }
      }
      if (request.path == "/none") response.status = 204;
      response.of_write = request.path == "/write";
      if (request.path == "/write" || request.path == "/thread") {
        response.body = std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id()));
      }
      if (request.path == "/inject") response.headers.emplace_back("X-A", "a\r\nX-B: b");
      last_body_ = std::move(request.body);
      respond(std::move(response));
    });
    REQUIRE(started.ok());
    listener_ = *std::move(started);
  }
  ~Fixture() {
    release_.store(true);
    listener_->Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  std::string address() const { return listener_->addresses()[0]; }
  HttpListener& listener() { return *listener_; }
  const std::string& last_body() const { return last_body_; }
  bool cancelled() const { return cancelled_.load(); }
  int hook_calls() const { return hook_calls_.load(); }
  void Release() { release_.store(true); }
  // Whether `condition` comes true in time.
  template <typename Condition>
  static bool Eventually(Condition condition, int timeout_ms = 3000) {
    for (int i = 0; i < timeout_ms; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<int> hook_calls_{0};
  std::atomic<bool> release_{false};
  std::string last_body_;
  std::vector<std::thread> threads_;
  std::unique_ptr<HttpListener> listener_;
};

RawResponse Ask(Fixture& fixture, std::string_view bytes) {
  RawClient client(fixture.address());
  client.Send(bytes);
  return client.Read();
}

}  // namespace

TEST_SUITE("server/http/http_listener") {
  TEST_CASE("one connection serves many requests, HEAD without a body among them") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("GET /a?q=1%202+3 HTTP/1.1\r\nHost: x\r\n\r\n");
    RawResponse response = client.Read();
    CHECK(response.status == 200);
    CHECK(response.body == "GET /a 1 2 3 0");
    CHECK(response.Header("Date").size() == 29);
    client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    response = client.Read(true);
    CHECK(response.status == 200);
    CHECK(response.Header("Content-Length") == "10");
    client.Send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    response = client.Read();
    CHECK(response.status == 204);
    CHECK(response.Header("Content-Length").empty());
    client.Send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    response = client.Read();
    CHECK(response.Header("Connection") == "close");
    CHECK(client.ClosesWithin(3000));
  }

  TEST_CASE("a body in many pieces arrives as one") {
    Fixture fixture;
    RawClient client(fixture.address());
    std::string wanted;
    for (int i = 0; i < 100; ++i) {
      if (i % 7 != 0) wanted += std::string(30'000, static_cast<char>('a' + i % 26));
    }
    wanted += "GET /pieces  0";
    for (int i = 0; i < 3; ++i) {
      client.Send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
      // Longer than the socket's buffers, so that the server has to wait in the middle.
      std::this_thread::sleep_for(milliseconds(20));
      CHECK(client.Read().body == wanted);
    }
    client.Send("HEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    // Its text begins with HEAD, a letter more than GET.
    CHECK(client.Read(true).Header("Content-Length") == std::to_string(wanted.size() + 1));
    HttpResponse response;
    response.front = {"a", "", "bc"};
    response.body = "d";
    CHECK(response.body_bytes() == 4);
    response.JoinBody();
    CHECK(response.body == "abcd");
    CHECK(response.front.empty());
    response.JoinBody();
    CHECK(response.body == "abcd");
  }

  TEST_CASE("pipelined requests are answered in their order, even when the client stops sending") {
    Fixture fixture;
    RawClient client(fixture.address());
    std::string requests;
    for (int i = 0; i < 50; ++i) {
      requests +=
          "POST /p" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    }
    client.Send(requests);
    client.CloseSending();
    for (int i = 0; i < 50; ++i) {
      CHECK(client.Read().body == "POST /p" + std::to_string(i) + "  3");
    }
    CHECK(client.ClosesWithin(3000));
  }

  TEST_CASE("bodies come whole, by length or in chunks, however the bytes arrive") {
    Fixture fixture;
    RawClient client(fixture.address());
    const std::string body(300'000, 'b');
    client.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body);
    CHECK(client.Read().body == "POST /a  300000");
    CHECK(fixture.last_body() == body);
    const std::string chunked =
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nTrailer: 1\r\n\r\n";
    for (const char c : chunked) {
      client.Send({&c, 1});
      std::this_thread::sleep_for(milliseconds(1));
    }
    CHECK(client.Read().body == "POST /a  8");
    CHECK(fixture.last_body() == "abcdefgh");
  }

  TEST_CASE("Expect: 100-continue is answered before the body comes, other expectations are 417") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.Read().status == 100);
    client.Send("abc");
    CHECK(client.Read().body == "POST /a  3");
    CHECK(
        Ask(fixture, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: cake\r\n\r\nabc")
            .status == 417);
  }

  TEST_CASE("what could be read in two ways is refused with 400 and the connection closed") {
    Fixture fixture;
    const std::vector<std::string> requests = {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
        "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35),
    };
    for (const std::string& request : requests) {
      INFO(request);
      RawClient client(fixture.address());
      client.Send(request + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
      const RawResponse response = client.Read();
      CHECK(response.status >= 400);
      CHECK(response.status < 506);
      CHECK(response.Header("Connection") == "close");
      CHECK(client.ClosesWithin(3000));
    }
    CHECK(Ask(fixture, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n").status ==
          501);
    CHECK(Ask(fixture, "GET http://h:1/a?q=z HTTP/1.1\r\nHost: x\r\n\r\n").body == "GET /a z 0");
  }

  TEST_CASE("headers over their limit are 431, bodies 413 or what their path asks for") {
    HttpListenerOptions options;
    options.header_bytes_max = 10'000;
    options.body_bytes_max = 1000;
    options.oversized_body_status = [](std::string_view path) {
      return path == "/push" ? 400 : 413;
    };
    Fixture fixture(options);
    const std::string long_value(9'000, 'v');
    CHECK(Ask(fixture, "GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value + "\r\n\r\n").status == 200);
    CHECK(Ask(fixture, "GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value + long_value + "\r\n\r\n")
              .status == 431);
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 400; ++i) many += "A: b\r\n";
    CHECK(Ask(fixture, many + "\r\n").status == 431);
    const std::string body(1000, 'b');
    CHECK(
        Ask(fixture, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + body).status ==
        200);
    CHECK(
        Ask(fixture, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + body).status ==
        413);
    CHECK(Ask(fixture, "POST /push HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
              .status == 400);
    CHECK(Ask(fixture,
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3e8\r\n" +
                  body + "\r\n1\r\nb\r\n0\r\n\r\n")
              .status == 413);
  }

  TEST_CASE("bodies of all connections together stay under their limit") {
    HttpListenerOptions options;
    options.body_bytes_in_flight_max = 1500;
    Fixture fixture(options);
    RawClient first(fixture.address());
    first.Send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
    CHECK(Fixture::Eventually(
        [&] { return fixture.listener().stats().body_bytes_in_flight.load() == 1000; }));
    CHECK(Ask(fixture, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").status ==
          503);
    first.Send(std::string(997, 'x'));
    CHECK(first.Read().status == 200);
    CHECK(fixture.listener().stats().body_bytes_in_flight.load() == 0);
  }

  TEST_CASE("slow headers, slow bodies and idle connections end at their limits") {
    HttpListenerOptions options;
    options.header_timeout_ms = 100;
    options.stall_timeout_ms = 100;
    options.idle_timeout_ms = 300;
    Fixture fixture(options);
    RawClient slow_header(fixture.address());
    slow_header.Send("GET / HT");
    RawClient slow_body(fixture.address());
    slow_body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    RawClient idle(fixture.address());
    CHECK(slow_header.Read().status == 408);
    CHECK(slow_body.Read().status == 408);
    CHECK(idle.ClosesWithin(3000));
    RawClient drip(fixture.address());  // never silent, but never done either
    const auto start = steady_clock::now();
    for (const char c : std::string(60, 'G')) {
      drip.Send({&c, 1});
      std::this_thread::sleep_for(milliseconds(5));
    }
    CHECK(drip.Read().status == 408);
    CHECK(steady_clock::now() - start < milliseconds(2000));
  }

  TEST_CASE("a client that takes nothing of a long answer is let go") {
    HttpListenerOptions options;
    options.stall_timeout_ms = 200;
    Fixture fixture(options);
    RawClient client(fixture.address());
    client.Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(Fixture::Eventually([&] { return fixture.listener().stats().connections.load() == 1; }));
    CHECK(Fixture::Eventually([&] { return fixture.listener().stats().connections.load() == 0; }));
    RawClient reader(fixture.address());
    reader.Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(reader.Read().body.size() == 20 << 20);
  }

  TEST_CASE("a request is cancelled when its client leaves, and at once") {
    Fixture fixture;
    auto client = std::make_unique<RawClient>(fixture.address());
    client->Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\n");
    CHECK(Fixture::Eventually(
        [&] { return fixture.listener().stats().requests_in_flight.load() == 1; }));
    CHECK_FALSE(fixture.cancelled());
    client = nullptr;
    CHECK(Fixture::Eventually([&] { return fixture.cancelled(); }, 100));
  }

  TEST_CASE("what a handler left to be done when the client leaves is done then, once") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("GET /queue HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(Fixture::Eventually(
        [&] { return fixture.listener().stats().requests_in_flight.load() == 1; }));
    CHECK(fixture.hook_calls() == 0);
    client.CloseSending();
    CHECK(client.Read().status == 499);
    CHECK(fixture.hook_calls() == 1);
    RawClient gone(fixture.address());
    gone.Send("GET /queue HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(Fixture::Eventually(
        [&] { return fixture.listener().stats().requests_in_flight.load() == 1; }));
    gone.Reset();
    CHECK(Fixture::Eventually([&] { return fixture.hook_calls() == 2; }));
    CHECK(fixture.listener().stats().requests_cancelled_total.load() == 2);
  }

  TEST_CASE("connections over the cap are refused, unless an idle one can go") {
    HttpListenerOptions options;
    options.connections_max = 2;
    options.io_threads = 1;
    Fixture fixture(options);
    RawClient first(fixture.address());
    first.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    RawClient second(fixture.address());
    second.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(second.Read().status == 200);
    RawClient third(fixture.address());
    CHECK(third.Read().status == 503);
    std::this_thread::sleep_for(milliseconds(1100));
    RawClient fourth(fixture.address());
    fourth.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(fourth.Read().status == 200);
    CHECK(second.ClosesWithin(1000));
    fixture.Release();
    CHECK(first.Read().status == 200);
  }

  TEST_CASE("a connection that has written goes on with the other ones that write") {
    HttpListenerOptions options;
    options.io_threads = 1;
    Fixture fixture(options);
    constexpr std::string_view kWrite =
        "POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    constexpr std::string_view kThread = "GET /thread HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto ask = [](RawClient* client, std::string_view request) {
      client->Send(request);
      const RawResponse response = client->Read();
      CHECK(response.status == 200);
      return response.body;
    };
    RawClient reader(fixture.address());
    const std::string for_all = ask(&reader, kThread);
    RawClient writer(fixture.address());
    CHECK(ask(&writer, kWrite) == for_all);  // nobody knows yet
    const std::string for_writers = ask(&writer, kWrite);
    CHECK(for_writers != for_all);
    CHECK(ask(&writer, kThread) == for_writers);
    CHECK(ask(&reader, kThread) == for_all);
    // What has been sent ahead is answered in order, wherever.
    RawClient hasty(fixture.address());
    hasty.Send(std::string(kWrite) + std::string(kThread) + std::string(kWrite));
    for (int i = 0; i < 3; ++i) CHECK(hasty.Read().status == 200);
    CHECK(ask(&hasty, kThread) == for_writers);
    CHECK(fixture.listener().stats().connections_total.load() == 3);
    CHECK(Fixture::Eventually([&] { return fixture.listener().stats().connections.load() == 3; }));
    fixture.listener().StopAccepting();
    CHECK(writer.ClosesWithin(1000));
    CHECK(reader.ClosesWithin(1000));
  }

  TEST_CASE("an idle connection that has written makes room for a new one") {
    HttpListenerOptions options;
    options.connections_max = 1;
    options.io_threads = 1;
    Fixture fixture(options);
    RawClient writer(fixture.address());
    writer.Send("POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    CHECK(writer.Read().status == 200);
    RawClient early(fixture.address());
    CHECK(early.Read().status == 503);
    std::this_thread::sleep_for(milliseconds(1100));
    RawClient late(fixture.address());
    late.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(late.Read().status == 200);
    CHECK(writer.ClosesWithin(1000));
  }

  TEST_CASE("stopping closes idle connections, lets running requests end and takes no others") {
    Fixture fixture;
    RawClient running(fixture.address());
    running.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    RawClient idle(fixture.address());
    idle.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(idle.Read().status == 200);
    CHECK(Fixture::Eventually(
        [&] { return fixture.listener().stats().requests_in_flight.load() == 1; }));
    fixture.listener().StopAccepting();
    CHECK(idle.ClosesWithin(1000));
    CHECK_FALSE(fixture.listener().Drain(20));
    fixture.Release();
    const RawResponse response = running.Read();
    CHECK(response.status == 200);
    CHECK(response.Header("Connection") == "close");
    CHECK(fixture.listener().Drain(1000));
    CHECK(Ask(fixture, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n").status == 0);
  }

  TEST_CASE("a header value cannot smuggle a line break into the answer") {
    Fixture fixture;
    const RawResponse response = Ask(fixture, "GET /inject HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.Header("X-B").empty());
  }

  TEST_CASE("HTTP/1.0 closes unless it asks for keep-alive") {
    Fixture fixture;
    RawClient client(fixture.address());
    client.Send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.Read().Header("Connection") == "keep-alive");
    client.Send("GET /a HTTP/1.0\r\n\r\n");
    CHECK(client.Read().Header("Connection") == "close");
    CHECK(client.ClosesWithin(3000));
  }

  TEST_CASE("an address that cannot be listened on is an error that names it") {
    for (const std::string address : {"nonsense", "127.0.0.1:99999", "::1:80", "300.1.1.1:80"}) {
      HttpListenerOptions options;
      options.addresses = {address};
      const auto started = HttpListener::Start(options, [](HttpRequest, HttpResponder) {});
      REQUIRE_FALSE(started.ok());
      CHECK(std::string(started.status().message()).find(address) != std::string::npos);
    }
  }
}

}  // namespace varve::server
