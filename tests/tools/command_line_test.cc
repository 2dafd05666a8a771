#include "tools/command_line.h"

#include <doctest/doctest.h>

#include "tests/tools/command_run.h"
#include "tests/tools/fake_server.h"

namespace varve::tools {
namespace {

constexpr char kVector[] =
    R"({"status":"success","warnings":["too old"],"data":{"resultType":"vector","result":[)"
    R"({"metric":{"__name__":"up","job":"node"},"value":[1795248000,"1"]},)"
    R"({"metric":{"__name__":"up","job":"a,b"},"value":[1795248000.5,"0"]}]}})";
constexpr char kStreams[] =
    R"({"status":"success","data":{"resultType":"streams","result":[)"
    R"({"stream":{"app":"a"},"values":[["1795247999000000003","third \u001b[2J"],)"
    R"(["1795247999000000001","first"]]},)"
    R"({"stream":{"app":"b"},"values":[["1795247999000000002","sec\"ond"]]}],"stats":{}}})";

CommandRun Ask(FakeServer* server, std::vector<std::string> arguments, bool is_terminal = false) {
  arguments.insert(arguments.end(), {"--url", server->url()});
  return RunVarve(std::move(arguments), is_terminal);
}

TEST_SUITE("tools/command_line") {
  TEST_CASE("an instant query is posted and printed as an aligned table") {
    FakeServer server({{.body = kVector}});
    const CommandRun run = Ask(&server, {"query", "up{job=~\"a|node\"}", "--time", "-1h"});
    CHECK(run.code == kExitOk);
    CHECK(run.out == "metric  job   value\nup      node      1\nup      a,b       0\n");
    CHECK(run.err == "varve: too old\n");
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0].method == "POST");
    CHECK(server.requests()[0].target == "/api/v1/query");
    CHECK(server.requests()[0].body == "query=up%7Bjob%3D~%22a%7Cnode%22%7D&time=1795244400");
  }

  TEST_CASE("json is the data as the server wrote it, csv has a header and quotes") {
    FakeServer server({{.body = kVector}, {.body = kVector}});
    const std::string json = Ask(&server, {"query", "up", "--output", "json"}).out;
    CHECK(json.rfind(R"({"resultType":"vector","result":[{"metric":)", 0) == 0);
    CHECK(json.find("1795248000.5,\"0\"") != std::string::npos);
    CHECK(Ask(&server, {"query", "up", "-o", "csv"}).out ==
          "timestamp,__name__,job,value\n2026-11-21T08:00:00Z,up,node,1\n"
          "2026-11-21T08:00:00.5Z,up,\"a,b\",0\n");
  }

  TEST_CASE("a scalar is printed alone, a histogram with its buckets") {
    FakeServer server(
        {{.body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"+Inf"]}})"},
         {.body = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},)"
                  R"("histogram":[1,{"count":"3","sum":"1.5","buckets":[[0,"0","1","3"]]}]}]}})"}});
    CHECK(Ask(&server, {"query", "1/0"}).out == "+Inf\n");
    CHECK(Ask(&server, {"query", "h"}).out == "{count:3, sum:1.5, (0,1]:3}\n");
  }

  TEST_CASE("a range query sends start, end and a step made for the range") {
    const std::string body =
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"x"},)"
        R"("values":[[1795248000,"1"],[1795248015,"12"]]}]}})";
    FakeServer server({{.body = body}, {.body = body}});
    CHECK(Ask(&server, {"query-range", "up", "--since", "1h"}).out ==
          "time                  job  value\n2026-11-21T08:00:00Z  x        1\n"
          "2026-11-21T08:00:15Z  x       12\n");
    CHECK(Ask(&server, {"query-range", "up", "--start", "-2h", "--end", "-1h", "--step", "500ms"})
              .code == kExitOk);
    CHECK(server.requests()[0].body == "query=up&start=1795244400&end=1795248000&step=15");
    CHECK(server.requests()[1].body == "query=up&start=1795240800&end=1795244400&step=0.500");
  }

  TEST_CASE("a plan is printed with its operators indented") {
    const std::string body =
        R"({"status":"success","data":{"resultType":"vector","result":[],"explain":{"operator":)"
        R"x("sum by (job)","seconds":0.0125,"series":2,"samples":0,"bytes":100,"inputs":[)x"
        R"({"operator":"rate","seconds":0.01,"series":4,"samples":80,"bytes":1300,"inputs":[]}]}}})";
    FakeServer server({{.body = body}, {.body = body}, {.body = kVector}});
    CHECK(Ask(&server, {"query", "sum by (job) (rate(x[5m]))", "--explain"}).out ==
          "operator          ms  series  samples  bytes\n"
          "sum by (job)  12.500       2        0    100\n"
          "  rate        10.000       4       80   1300\n");
    CHECK(Ask(&server, {"query-range", "x", "--explain", "-o", "csv"}).out ==
          "operator,ms,series,samples,bytes\nsum by (job),12.500,2,0,100\n"
          "  rate,10.000,4,80,1300\n");
    const CommandRun other = Ask(&server, {"query", "x", "--explain"});
    CHECK(other.code == kExitFailed);
    CHECK(other.err.find("the server answered no plan") != std::string::npos);
    CHECK(server.requests()[0].body.find("&explain=1") != std::string::npos);
    CHECK(server.requests()[1].body.find("&explain=1") != std::string::npos);
  }

  TEST_CASE("a range query can be drawn") {
    FakeServer server(
        {{.body =
              R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"x"},)"
              R"("values":[[1795244400,"1"],[1795248000,"12"]]}]}})"}});
    const CommandRun run = Ask(&server, {"query-range", "up", "--since", "1h", "--graph"});
    CHECK(run.out.rfind("   12 ┤", 0) == 0);
    CHECK(run.out.find("● {job=\"x\"}  last 12\n") != std::string::npos);
  }

  TEST_CASE("expressions are laid out and taken apart without a server") {
    CHECK(RunVarve({"promql", "format", "sum(up)by(job)/2"}).out == "sum by (job) (up) / 2\n");
    CHECK(RunVarve({"promql", "parse", "1"}).out.find(R"("type":"numberLiteral")") !=
          std::string::npos);
    const CommandRun run = RunVarve({"promql", "format", "sum("});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.rfind("varve: cannot parse the expression: 1:5: parse error: ", 0) == 0);
    CHECK(RunVarve({"promql"}).code == kExitUsage);
  }

  TEST_CASE("log lines of all streams come oldest first") {
    FakeServer server(
        {{.body = kStreams}, {.body = kStreams}, {.body = kStreams}, {.body = kStreams}});
    CHECK(Ask(&server, {"logs", "{app=~\".+\"}", "--output", "raw"}).out ==
          "first\nsec\"ond\nthird \x1b[2J\n");
    CHECK(Ask(&server, {"logs", "{app=~\".+\"}", "--limit", "7", "--from", "-30m", "--forward"})
              .out.rfind("2026-11-21T07:59:59.000Z {app=\"a\"} first\n", 0) == 0);
    const std::string json = Ask(&server, {"logs", "{app=~\".+\"}", "-o", "jsonl"}).out;
    CHECK(json.find(R"({"timestamp":"2026-11-21T07:59:59.000000002Z","labels":{"app":"b"},)"
                    R"("line":"sec\"ond"})") != std::string::npos);
    // On a terminal a stored line cannot clear the screen.
    CHECK(Ask(&server, {"logs", "{}", "-o", "raw"}, true).out.find("third \\x1b[2J") !=
          std::string::npos);
    CHECK(server.requests()[0].method == "GET");
    CHECK(server.requests()[1].target ==
          "/loki/api/v1/query_range?query=%7Bapp%3D~%22.%2B%22%7D&start=1795246200000000000"
          "&end=1795248000000000000&limit=7&direction=forward");
  }

  TEST_CASE("series and labels use the API of their signal") {
    FakeServer server({{.body = R"({"status":"success","data":[{"__name__":"up","job":"x"}]})"},
                       {.body = R"({"status":"success"})"},
                       {.body = R"({"status":"success","data":["a","b"]})"},
                       {.body = R"({"status":"success","data":["a","b"]})"}});
    CHECK(Ask(&server, {"series", "up", "x"}).out == "up{job=\"x\"}\n");
    CHECK(Ask(&server, {"series", "--logs", "{a=\"b\"}", "--since", "1h"}).out.empty());
    CHECK(Ask(&server, {"labels"}).out == "a\nb\n");
    CHECK(Ask(&server, {"labels", "app", "--logs", "--match", "{a=\"b\"}", "-o", "csv"}).out ==
          "app\na\nb\n");
    CHECK(server.requests()[0].target == "/api/v1/series?match%5B%5D=up&match%5B%5D=x");
    CHECK(server.requests()[1].target ==
          "/loki/api/v1/series?match%5B%5D=%7Ba%3D%22b%22%7D&start=1795244400000000000"
          "&end=1795248000000000000");
    CHECK(server.requests()[2].target == "/api/v1/labels");
    CHECK(server.requests()[3].target == "/loki/api/v1/label/app/values?query=%7Ba%3D%22b%22%7D");
  }

  TEST_CASE("an error of the server comes through in its own words") {
    FakeServer server({{.status = 400,
                        .body = R"({"status":"error","errorType":"bad_data","error":"1:3: oops"})"},
                       {.status = 400, .content_type = "text/plain", .body = "parse error: no\n"},
                       {.body = "<html>"}});
    const CommandRun prometheus = Ask(&server, {"query", "up("});
    CHECK(prometheus.code == kExitFailed);
    CHECK(prometheus.err == "varve: cannot query " + server.url() + ": bad_data: 1:3: oops\n");
    const CommandRun loki = Ask(&server, {"logs", "{"});
    CHECK(loki.err ==
          "varve: cannot query " + server.url() + ": 400 Bad Request: parse error: no\n");
    CHECK(Ask(&server, {"query", "up"}).err.find("cannot read the server's answer") !=
          std::string::npos);
  }

  TEST_CASE("a server that does not answer is given up after the timeout") {
    FakeServer server(std::vector<FakeAnswer>{{.silent = true}});
    const CommandRun run = Ask(&server, {"query", "up", "--timeout", "100ms"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.find("no answer within 100 ms") != std::string::npos);
  }

  TEST_CASE("a server that is not there is an error") {
    const CommandRun run = RunVarve({"query", "up", "--url", "http://127.0.0.1:1"});
    CHECK(run.code == kExitFailed);
    CHECK(run.err.rfind("varve: cannot reach http://127.0.0.1:1: ", 0) == 0);
  }

  TEST_CASE("a wrong command line exits with 2 and prints nothing on stdout") {
    using Arguments = std::vector<std::string>;
    for (const Arguments& arguments :
         {Arguments{}, Arguments{"query"}, Arguments{"nonsense"}, Arguments{"query", "up", "--bad"},
          Arguments{"query", "up", "--time", "soon"}, Arguments{"query", "up", "-o", "xml"},
          Arguments{"query", "up", "--url", "https://x"},
          Arguments{"query", "up", "--timeout", "0"}, Arguments{"logs", "{}", "--limit", "-3"},
          Arguments{"completion", "fish"}, Arguments{"query", "up", "--url", "http://x:99999"}}) {
      const CommandRun run = RunVarve(arguments);
      CAPTURE(run.err);
      CHECK(run.code == kExitUsage);
      CHECK(run.out.empty());
      CHECK(run.err.rfind("varve: cannot ", 0) == 0);
    }
  }

  TEST_CASE("help, version and completion go to stdout") {
    CHECK(RunVarve({"--version"}).out.rfind("varve ", 0) == 0);
    CHECK(RunVarve({"--help"}).out.find("query-range") != std::string::npos);
    CHECK(RunVarve({"logs", "--help"}).out.find("Examples:") != std::string::npos);
    CHECK(RunVarve({"completion", "bash"}).out.find("complete -o bashdefault -F _varve varve") !=
          std::string::npos);
  }
}  // TEST_SUITE

}  // namespace
}  // namespace varve::tools
