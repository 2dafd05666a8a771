#include "server/dispatcher.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "server/http/gzip_writer.h"

namespace varve::server {
namespace {

std::string Gunzip(const std::string& compressed) {
  std::string plain(10 << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

std::thread::id asking_thread;

class Fixture {
 public:
  Fixture() : logger_(LogLevel::kError, LogFormat::kLogfmt, [](std::string_view) {}) {
    router_.Add({{"GET", "POST"},
                 "/echo",
                 RouteClass::kQuery,
                 [](const HttpRequest& request, HttpResponse* response) {
                   response->body = request.query.Get("a");
                   for (const std::string_view b : request.query.GetAll("b")) {
                     response->body += "," + std::string(b);
                   }
                 }});
    router_.Add(
        {{"GET"}, "/long", RouteClass::kQuery, [](const HttpRequest&, HttpResponse* response) {
           response->body.assign(5000, 'l');
         }});
    router_.Add({{"GET"}, "/block", RouteClass::kQuery, [this](const HttpRequest&, HttpResponse*) {
                   release_.get_future().wait();
                 }});
    router_.Add(
        {{"GET"}, "/now", RouteClass::kImmediate, [](const HttpRequest&, HttpResponse* response) {
           response->body = "now";
         }});
    router_.Add(
        {{"GET"}, "/state", RouteClass::kState, [](const HttpRequest&, HttpResponse* response) {
           response->body = "state";
         }});
    router_.Add({{"POST"},
                 "/write",
                 RouteClass::kWrite,
                 [](const HttpRequest& request, HttpResponse* response) {
                   response->body = request.body + std::string(request.query.Get("a"));
                 }});
    router_.Add({{"GET"},
                 "/thread",
                 RouteClass::kQuery,
                 [](const HttpRequest&, HttpResponse* response) {
                   response->body = std::this_thread::get_id() == asking_thread ? "asking" : "pool";
                 },
                 /*may_be_brief=*/true});
    DispatcherOptions options;
    options.query_threads = 1;
    options.query_queue_max = 1;
    options.write_threads = 1;
    dispatcher_ = std::make_unique<Dispatcher>(options, &router_, &metrics_, &logger_);
  }

  std::future<HttpResponse> Start(HttpRequest request) {
    auto promise = std::make_shared<std::promise<HttpResponse>>();
    dispatcher_->Handle(std::move(request), [promise](HttpResponse response) {
      promise->set_value(std::move(response));
    });
    return promise->get_future();
  }
  HttpResponse Ask(HttpRequest request) { return Start(std::move(request)).get(); }
  Dispatcher& dispatcher() { return *dispatcher_; }
  MetricsRegistry& metrics() { return metrics_; }
  void Release() { release_.set_value(); }

 private:
  Logger logger_;
  MetricsRegistry metrics_;
  Router router_;
  std::promise<void> release_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

HttpRequest Request(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.cancelled = std::make_shared<std::atomic<bool>>(false);
  return request;
}

}  // namespace

TEST_SUITE("server/dispatcher") {
  TEST_CASE("before it is ready only immediate routes and those of its state are answered") {
    Fixture fixture;
    CHECK(fixture.Ask(Request("GET", "/echo")).status == 503);
    CHECK(fixture.Ask(Request("GET", "/now")).body == "now");
    CHECK(fixture.Ask(Request("GET", "/state")).body == "state");
    fixture.dispatcher().SetReady();
    CHECK(fixture.Ask(Request("GET", "/echo")).status == 200);
  }

  TEST_CASE(
      "a question that was brief is answered by the thread that brings it, if no query runs") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    asking_thread = std::this_thread::get_id();
    CHECK(fixture.Ask(Request("GET", "/thread")).body == "pool");
    // Where the machine is busy even this one takes too long, and the pool its time to become idle.
    std::string body;
    for (int i = 0; i < 10'000 && body != "asking"; ++i) {
      body = fixture.Ask(Request("GET", "/thread")).body;
    }
    CHECK(body == "asking");
    std::future<HttpResponse> blocked = fixture.Start(Request("GET", "/block"));
    while (fixture.dispatcher().query_pool().running() == 0) std::this_thread::yield();
    std::future<HttpResponse> waiting = fixture.Start(Request("GET", "/thread"));
    CHECK(waiting.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    fixture.Release();
    CHECK(waiting.get().body == "pool");
    blocked.get();
  }

  TEST_CASE("a form and the URL give one set of parameters, the form first") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("POST", "/echo");
    request.query.Add("a", "url");
    request.query.Add("b", "2");
    request.headers.emplace_back("content-type",
                                 "application/x-www-form-urlencoded; charset=utf-8");
    request.body = "a=form&b=1";
    CHECK(fixture.Ask(request).body == "form,1,2");
  }

  TEST_CASE("parameters that cannot be read are left out of a query, and refused by a write") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("POST", "/echo");
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = "a=%zz&a=form&b=1";
    CHECK(fixture.Ask(request).body == "form,1");
    request = Request("POST", "/write");
    REQUIRE(request.query.Parse("a=%zz").ok());
    const HttpResponse response = fixture.Ask(request);
    CHECK(response.status == 400);
    CHECK(response.body == "invalid URL escape \"%zz\"\n");
  }

  TEST_CASE("the body of a write is data even where curl calls it a form") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("POST", "/write");
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = "a=1&b=%zz";
    const HttpResponse response = fixture.Ask(request);
    CHECK(response.status == 200);
    CHECK(response.body == "a=1&b=%zz");
  }

  TEST_CASE("unknown paths are 404, wrong methods 405 with Allow, OPTIONS says what there is") {
    Fixture fixture;
    HttpResponse response = fixture.Ask(Request("GET", "/api/prom/rules/test/test"));
    CHECK(response.status == 404);
    CHECK(response.body == "404 page not found\n");
    response = fixture.Ask(Request("DELETE", "/echo"));
    CHECK(response.status == 405);
    CHECK(response.headers.at(0).second == "GET, HEAD, OPTIONS, POST");
    response = fixture.Ask(Request("OPTIONS", "/echo"));
    CHECK(response.status == 200);
    CHECK(response.headers.at(0).second == "GET, HEAD, OPTIONS, POST");
    CHECK(fixture.Ask(Request("OPTIONS", "/api/v1/query")).status == 204);
  }

  TEST_CASE("long answers are compressed for those who take gzip and for nobody else") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("GET", "/long");
    CHECK(fixture.Ask(request).body.size() == 5000);
    request.headers.emplace_back("accept-encoding", "deflate, gzip, br");
    const HttpResponse response = fixture.Ask(request);
    CHECK(response.body.size() < 200);
    CHECK(Gunzip(response.body) == std::string(5000, 'l'));
    request.headers[0].second = "gzip;q=0";
    CHECK(fixture.Ask(request).body.size() == 5000);
  }

  TEST_CASE("Accept-Encoding is read with its weights") {
    CHECK(AcceptsGzip("gzip"));
    CHECK(AcceptsGzip("br;q=1.0, GZIP;q=0.5"));
    CHECK(AcceptsGzip("*"));
    CHECK_FALSE(AcceptsGzip(""));
    CHECK_FALSE(AcceptsGzip("deflate, zstd"));
    CHECK_FALSE(AcceptsGzip("gzip;q=0"));
    CHECK_FALSE(AcceptsGzip("gzip ; q=0.000, *"));
    CHECK_FALSE(AcceptsGzip("*;q=0"));
    CHECK_FALSE(AcceptsGzip("notgzip"));
  }

  TEST_CASE("a full pool answers 503 at once") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    auto running = fixture.Start(Request("GET", "/block"));
    while (fixture.dispatcher().query_pool().running() == 0) std::this_thread::yield();
    auto waiting = fixture.Start(Request("GET", "/echo"));
    const HttpResponse refused = fixture.Ask(Request("GET", "/echo"));
    CHECK(refused.status == 503);
    CHECK(refused.headers.at(0).first == "Retry-After");
    fixture.Release();
    CHECK(running.get().status == 200);
    CHECK(waiting.get().status == 200);
  }

  TEST_CASE("a query whose client left while it waited is not run") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("GET", "/echo");
    request.cancelled->store(true);
    CHECK(fixture.Ask(request).status == 499);
  }

  TEST_CASE("a query whose client leaves while it waits ends then, not when its turn comes") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    auto running = fixture.Start(Request("GET", "/block"));
    while (fixture.dispatcher().query_pool().running() == 0) std::this_thread::yield();
    HttpRequest request = Request("GET", "/echo");
    request.on_cancelled = std::make_shared<std::function<void()>>();
    auto waiting = fixture.Start(request);
    CHECK(fixture.dispatcher().query_pool().queued() == 1);
    request.cancelled->store(true);
    REQUIRE(*request.on_cancelled != nullptr);
    (*request.on_cancelled)();
    CHECK(waiting.get().status == 499);
    CHECK(fixture.dispatcher().query_pool().queued() == 0);
    (*request.on_cancelled)();  // it is gone: nothing happens
    auto next = fixture.Start(Request("GET", "/echo"));
    fixture.Release();
    CHECK(running.get().status == 200);
    CHECK(next.get().status == 200);
  }

  TEST_CASE("a write whose client leaves while it waits is taken all the same") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    HttpRequest request = Request("POST", "/write");
    request.on_cancelled = std::make_shared<std::function<void()>>();
    auto waiting = fixture.Start(request);
    request.cancelled->store(true);
    CHECK(*request.on_cancelled == nullptr);
    CHECK(waiting.get().status == 200);
  }

  TEST_CASE("requests are counted by route and code") {
    Fixture fixture;
    fixture.dispatcher().SetReady();
    fixture.Ask(Request("GET", "/echo"));
    fixture.Ask(Request("GET", "/nowhere"));
    const std::string page = fixture.metrics().Render();
    CHECK(page.find("varve_http_requests_total{handler=\"/echo\",code=\"200\"} 1\n") !=
          std::string::npos);
    CHECK(page.find("varve_http_requests_total{handler=\"other\",code=\"404\"} 1\n") !=
          std::string::npos);
    CHECK(page.find("varve_http_request_duration_seconds_count{handler=\"/echo\"} 1\n") !=
          std::string::npos);
  }
}

}  // namespace varve::server
