// The subcommands of `varve logs` against canned answers: what they ask and what they print.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/tools/command_run.h"
#include "tests/tools/fake_server.h"

namespace varve::tools {
namespace {

constexpr char kStreams[] =
    R"({"status":"success","data":{"resultType":"streams","result":[)"
    R"({"stream":{"app":"a","line":"label"},"values":[["1795247990000000002","{\"n\":2}"],["1795247990000000000","one"]]},)"
    R"({"stream":{"app":"b"},"values":[["1795247990000000001","two"]]}],"stats":{}}})";

CommandRun Run(FakeServer* server, std::vector<std::string> arguments) {
  arguments.push_back("--url");
  arguments.push_back(server->url());
  return RunVarve(std::move(arguments));
}

std::string Target(FakeServer* server) { return server->requests().at(0).target; }

TEST_SUITE("tools/logs_commands") {
  TEST_CASE("lines printed by a template see time, line and labels") {
    FakeServer server({{.body = kStreams}});
    const CommandRun run =
        Run(&server, {"logs", "{app=~\".+\"}", "--output", "template", "--template",
                      "{{.timestamp}} {{.app | upper}} {{.line}}{{ if .missing }}x{{ end }}"});
    CHECK(run.err.empty());
    CHECK(run.code == 0);
    CHECK(run.out ==
          "2026-11-21T07:59:50Z A one\n2026-11-21T07:59:50.000000001Z B two\n"
          "2026-11-21T07:59:50.000000002Z A {\"n\":2}\n");
  }

  TEST_CASE("a template may call what line_format may") {
    FakeServer server({{.body = kStreams}});
    const CommandRun run = Run(&server, {"logs", "{app=~\".+\"}", "--template",
                                         "{{ __line__ | trunc 3 }} {{ unixEpoch __timestamp__ }}"});
    CHECK(run.out == "one 1795247990\ntwo 1795247990\n{\"n 1795247990\n");
  }

  TEST_CASE("a template and its output belong together, and must compile") {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"logs", "{a=\"b\"}", "-o", "raw", "--template", "{{.line}}"},
          {"logs", "{a=\"b\"}", "--output", "template"},
          {"logs", "{a=\"b\"}", "-o", "template", "--template", "{{.line"}}) {
      const CommandRun run = RunVarve(arguments);
      CHECK(run.code == kExitUsage);
      CHECK(run.err.starts_with("varve: "));
    }
  }

  TEST_CASE("lines of context are asked for, and their mark is not shown") {
    FakeServer server({{.body = R"({"status":"success","data":{"resultType":"streams","result":[)"
                                R"({"stream":{"__context__":"before","app":"a"},"values":[)"
                                R"(["1795247990000000000","one"]]},{"stream":{"app":"a"},)"
                                R"("values":[["1795247990000000001","two"]]}],"stats":{}}})"}});
    const CommandRun run = Run(&server, {"logs", "{app=~\".+\"}", "--context", "3"});
    CHECK(run.out ==
          "2026-11-21T07:59:50.000Z {app=\"a\"} one\n2026-11-21T07:59:50.000Z {app=\"a\"} two\n");
    CHECK(Target(&server).find("&context=3") != std::string::npos);
  }

  TEST_CASE("what cannot be combined is a wrong command line") {
    CHECK(RunVarve({"logs"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "{a=\"b\"}", "--follow", "--forward"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "delete"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "delete", "{a=\"b\"}"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "delete", "{a=\"b\"}", "--list", "--since", "1h"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "import", "/nowhere", "--label", "x"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "import", "-", "--resume"}).code == kExitUsage);
    CHECK(RunVarve({"logs", "export", "{a=\"b\"}", "--resume"}).code == kExitUsage);
  }

  TEST_CASE("stats") {
    FakeServer server({{.body = R"({"streams":2,"chunks":3,"entries":1000,"bytes":123456})"}});
    const CommandRun run =
        Run(&server, {"logs", "stats", "{app=\"a\"}", "--since", "2h", "-o", "csv"});
    CHECK(run.out == "streams,chunks,entries,bytes\n2,3,1000,123456\n");
    CHECK(Target(&server) ==
          "/loki/api/v1/index/stats?query=%7Bapp%3D%22a%22%7D&start=1795240800000000000&"
          "end=1795248000000000000");
  }

  TEST_CASE("volume, for the range and over time") {
    FakeServer server({{.body = R"({"status":"success","data":{"resultType":"vector","result":[)"
                                R"({"metric":{"app":"a"},"value":[1795248000,"900"]}]}})"},
                       {.body = R"({"status":"success","data":{"resultType":"matrix","result":[)"
                                R"({"metric":{"app":"a"},"values":[[1795248000,"900"]]}]}})"}});
    CHECK(Run(&server, {"logs", "volume", "{app=\"a\"}", "--by", "app"}).out.find("900") !=
          std::string::npos);
    CHECK(Run(&server, {"logs", "volume", "{app=\"a\"}", "--step", "5m"}).code == 0);
    CHECK(server.requests()[0].target.find("&targetLabels=app") != std::string::npos);
    CHECK(server.requests()[1].target.starts_with("/loki/api/v1/index/volume_range?"));
    CHECK(server.requests()[1].target.find("&step=300") != std::string::npos);
  }

  TEST_CASE("patterns are added up and sorted") {
    FakeServer server({{.body = R"({"status":"success","data":[)"
                                R"({"pattern":"rare <_>","level":"info","samples":[[1,2]]},)"
                                R"({"pattern":"often <_>","level":"info","samples":[[1,5],[2,6]]},)"
                                R"({"pattern":"often <_>","level":"warn","samples":[[1,1]]}]})"}});
    const CommandRun run = Run(&server, {"logs", "patterns", "{app=\"a\"}", "-o", "csv"});
    CHECK(run.out == "lines,pattern\n12,often <_>\n2,rare <_>\n");
    CHECK(Target(&server).starts_with("/loki/api/v1/patterns?query="));
  }

  TEST_CASE("fields, and the values of one") {
    FakeServer server({{.body = R"({"fields":[{"label":"status","type":"int","cardinality":3,)"
                                R"("parsers":["json","logfmt"]},{"label":"user","type":"string",)"
                                R"("cardinality":9,"parsers":null}],"limit":1000})"},
                       {.body = R"({"values":["200","500"],"limit":1000})"}});
    CHECK(Run(&server, {"logs", "fields", "{app=\"a\"}", "-o", "csv"}).out ==
          "field,type,values,parsers\nstatus,int,3,\"json, logfmt\"\nuser,string,9,\n");
    CHECK(
        Run(&server, {"logs", "fields", "{app=\"a\"}", "a b", "--lines", "50", "-o", "csv"}).out ==
        "a b\n200\n500\n");
    CHECK(server.requests()[1].target.starts_with("/loki/api/v1/detected_field/a%20b/values?"));
    CHECK(server.requests()[1].target.find("&line_limit=50") != std::string::npos);
  }

  TEST_CASE("delete, list and cancel") {
    FakeServer server(
        {{.status = 204},
         {.body = R"([{"request_id":"ab","start_time":1795240800,"end_time":1795248000.5,)"
                  R"("query":"{app=\"a\"}","status":"received","created_at":1795248001}])"},
         {.status = 204},
         {.status = 404, .content_type = "text/plain", .body = "no such request\n"}});
    CHECK(Run(&server, {"logs", "delete", "{app=\"a\"} |= \"x\"", "--since", "2h"}).code == 0);
    CHECK(Run(&server, {"logs", "delete", "--list", "-o", "csv"}).out ==
          "id,status,created,from,to,query\nab,received,2026-11-21T08:00:01Z,2026-11-21T06:00:00Z,"
          "2026-11-21T08:00:00.5Z,\"{app=\"\"a\"\"}\"\n");
    CHECK(Run(&server, {"logs", "delete", "--cancel", "ab"}).code == 0);
    const CommandRun missing = Run(&server, {"logs", "delete", "--cancel", "x"});
    CHECK(missing.code == kExitFailed);
    CHECK(missing.err.find("no such request") != std::string::npos);
    CHECK(server.requests()[0].method == "POST");
    CHECK(server.requests()[0].target ==
          "/loki/api/v1/delete?query=%7Bapp%3D%22a%22%7D%20%7C%3D%20%22x%22&"
          "start=2026-11-21T06%3A00%3A00Z&end=2026-11-21T08%3A00%3A00Z");
    CHECK(server.requests()[2].method == "DELETE");
    CHECK(server.requests()[2].target == "/loki/api/v1/delete?request_id=ab");
  }

  TEST_CASE("an export goes on page by page and leaves out what only says where") {
    FakeServer server(
        {{.body =
              "{\"timestamp\":\"2026-11-21T07:59:50Z\",\"labels\":{\"a\":\"b\"},\"line\":\"1\"}\n"
              "{\"next\":\"5:1:{a=\\\"b\\\"}\"}\n"},
         {.body = "{\"timestamp\":\"2026-11-21T07:59:51Z\",\"labels\":{\"a\":\"b\"},\"line\":\"2\"}"
                  "\n"}});
    const CommandRun run = Run(&server, {"logs", "export", "{a=\"b\"}"});
    CHECK(run.code == 0);
    CHECK(run.out ==
          "{\"timestamp\":\"2026-11-21T07:59:50Z\",\"labels\":{\"a\":\"b\"},\"line\":\"1\"}\n"
          "{\"timestamp\":\"2026-11-21T07:59:51Z\",\"labels\":{\"a\":\"b\"},\"line\":\"2\"}\n");
    CHECK(run.err.starts_with("varve: wrote 2 lines in "));
    CHECK(server.requests()[1].target.find("&page=5%3A1%3A%7Ba%3D%22b%22%7D") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::tools
