#!/usr/bin/env python3
"""What Grafana's Loki data source and its Logs Drilldown ask, in their order, with their parameters
and headers: the data source's health check, Explore with its label browser, log volume, lines,
context and metrics; Drilldown's landing page, and a service's labels, fields and patterns. Each
answer must have the status, the content type and the shape that these clients read."""
import gzip
import json
import time
import unittest
import urllib.parse

from varved_process import HttpConnection, Varved
from wire_format import JSON, loki_json

NOW_S = int(time.time())
FROM_NS, TO_NS = (NOW_S - 3600) * 10**9, NOW_S * 10**9
STREAM_KINDS = {"structuredMetadata", "parsed"}
SUMMARY = {"bytesProcessedPerSecond", "linesProcessedPerSecond", "totalBytesProcessed",
           "totalLinesProcessed", "execTime"}


def iso(time_ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // 10**9)) + ".000Z"


class GrafanaClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved(plain=False, name="grafana")
        cls.server.start()
        cls.connection = HttpConnection(cls.server.address)
        streams = []
        for app, pod in (("shop", "shop-7f"), ("mail", "mail-1c")):
            values = [(FROM_NS + i * 60 * 10**9,
                       f"level={'error' if i % 10 == 3 else 'info'} msg=\"request {i} took {i}ms\" "
                       f"status={500 if i % 10 == 3 else 200} took={i}ms",
                       {"trace_id": f"{i:08x}"}) for i in range(1, 59)]
            streams.append(({"app": app, "pod": pod, "namespace": "prod"}, values))
        streams.append(({"app": "json"}, [
            (FROM_NS + i * 60 * 10**9,
             json.dumps({"level": "warn", "http": {"code": 404, "path": f"/a/{i}"}, "ok": False}))
            for i in range(1, 59)]))
        status, _, body = cls.connection.request("POST", "/loki/api/v1/push", loki_json(streams),
                                                 {"Content-Type": JSON})
        assert status == 204, body

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        assert cls.server.stop() == 0

    def get(self, path, parameters=None, headers=None, status=200, content_type="json"):
        query = urllib.parse.urlencode(parameters or {}, doseq=True)
        answer, answer_headers, body = self.connection.request(
            "GET", path + ("?" + query if query else ""), None,
            {"User-Agent": "Grafana/12.2.0", "Accept-Encoding": "gzip", **(headers or {})})
        self.assertEqual(answer, status, body)
        if answer_headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.assertIn(content_type, answer_headers["Content-Type"])
        return json.loads(body) if "json" in content_type else body.decode()

    # The data source's backend: always these headers, start and end in nanoseconds, step in ms.
    def run_query(self, path, query, source=None, **parameters):
        headers = {"X-Loki-Response-Encoding-Flags": "categorize-labels",
                   "X-Query-Group-Id": "0192f2c1"}
        if source:
            headers["X-Query-Tags"] = "Source=" + source
            headers["X-Loki-Query-Limits-Context"] = json.dumps(
                {"Expr": query, "From": iso(FROM_NS), "To": iso(TO_NS)})
        answer = self.get(path, {"query": query, "direction": "backward", **parameters}, headers)
        self.assertEqual(answer["status"], "success")
        self.check_order(answer["data"])
        return answer["data"]

    def query_range(self, query, source=None, step="15000ms", **parameters):
        return self.run_query("/loki/api/v1/query_range", query, source,
                              start=str(FROM_NS), end=str(TO_NS), step=step, **parameters)

    def check_order(self, data):
        # Grafana's reader knows the type before it reads the result.
        self.assertEqual(list(data), ["resultType", "encodingFlags", "result", "stats"])
        self.assertEqual(data["encodingFlags"], ["categorize-labels"])
        self.assertLessEqual(SUMMARY, set(data["stats"]["summary"]))

    def check_streams(self, data, limit):
        self.assertEqual(data["resultType"], "streams")
        lines = [(int(value[0]), value[1], value[2], stream["stream"])
                 for stream in data["result"] for value in stream["values"]]
        self.assertTrue(0 < len(lines) <= limit)
        for stream in data["result"]:
            for value in stream["values"]:
                self.assertEqual(len(value), 3)
                self.assertTrue(value[0].isdigit())
                self.assertLessEqual(set(value[2]), STREAM_KINDS)
        return lines

    def samples(self, data, kind="matrix"):
        self.assertEqual(data["resultType"], kind)
        for series in data["result"]:
            pairs = series["values"] if kind == "matrix" else [series["value"]]
            for seconds, value in pairs:
                self.assertIsInstance(seconds, (int, float))
                self.assertIsInstance(value, str)
                float(value)
        return data["result"]

    def metadata(self, path, **parameters):
        answer = self.get("/loki/api/v1/" + path,
                          {"start": str(FROM_NS), "end": str(TO_NS), **parameters})
        self.assertEqual(answer["status"], "success")
        return answer.get("data", [])


class DataSource(GrafanaClient):
    def test_health_check(self):
        data = self.run_query("/loki/api/v1/query", "vector(1)+vector(1)", time="4000000000")
        self.assertEqual(self.samples(data, "vector"), [{"metric": {}, "value": [4000000000, "2"]}])

    def test_explore(self):
        # The label browser and the query builder.
        labels = self.metadata("labels")
        self.assertLessEqual({"app", "namespace", "pod", "service_name"}, set(labels))
        self.assertEqual(self.metadata("label/app/values"), ["json", "mail", "shop"])
        self.assertEqual(self.metadata("label/app/values", query='{namespace="prod"}'),
                         ["mail", "shop"])
        self.assertEqual(self.metadata("label/__stream_shard__/values",
                                       query='{namespace="prod"}'), [])
        series = self.metadata("series", **{"match[]": '{app="shop"}'})
        self.assertEqual(series, [{"app": "shop", "namespace": "prod", "pod": "shop-7f",
                                   "service_name": "shop"}])
        stats = self.get("/loki/api/v1/index/stats",
                         {"query": '{app="shop"}', "start": str(FROM_NS), "end": str(TO_NS)})
        self.assertEqual(set(stats), {"streams", "chunks", "bytes", "entries"})
        self.assertEqual((stats["streams"], stats["entries"]), (1, 58))
        formatted = self.get("/loki/api/v1/format_query", {"query": '{app="shop"}|="x"'})
        self.assertEqual(formatted["data"], '{app="shop"} |= "x"')

        # A run: lines and their volume, then a sample of the lines behind a metric query.
        expression = '{app="shop"} |= `request` | logfmt'
        data = self.query_range(expression, limit="1000")
        lines = self.check_streams(data, 1000)
        self.assertEqual(len(lines), 58)
        self.assertEqual(lines[0][3], {"app": "shop", "namespace": "prod", "pod": "shop-7f",
                                       "service_name": "shop"})
        self.assertEqual(set(lines[0][2]), STREAM_KINDS)
        self.assertIn("trace_id", lines[0][2]["structuredMetadata"])
        self.assertIn("detected_level", lines[0][2]["structuredMetadata"])
        self.assertIn("status", lines[0][2]["parsed"])
        self.assertEqual([line[0] for line in lines], sorted((line[0] for line in lines),
                                                             reverse=True))
        volume = "sum by (level, detected_level) (count_over_time(%s | drop __error__[1m]))"
        result = self.samples(self.query_range(volume % expression, "logvolhist", "60000ms"))
        self.assertEqual({one["metric"]["detected_level"] for one in result}, {"info", "error"})
        self.assertEqual(sum(int(value[1]) for one in result for value in one["values"]), 58)
        self.check_streams(self.query_range(expression, "logsample", limit="10"), 10)
        result = self.samples(self.query_range(
            "sum by (status) (rate(%s [5m]))" % expression, "datasample"))
        self.assertEqual({one["metric"]["status"] for one in result}, {"200", "500"})
        # One at a time without the flag: labels of all kinds together, pairs.
        data = self.get("/loki/api/v1/query_range",
                        {"query": '{app="shop"}', "start": str(FROM_NS), "end": str(TO_NS)})["data"]
        self.assertNotIn("encodingFlags", data)
        self.assertEqual(len(data["result"][0]["values"][0]), 2)
        self.assertIn("trace_id", data["result"][0]["stream"])

        # More lines as one scrolls, and the context of one line, both ways.
        middle = lines[20][0]
        older = self.run_query("/loki/api/v1/query_range", expression, "infinitescroll",
                               start=str(FROM_NS), end=str(middle), step="15000ms", limit="10")
        self.assertTrue(all(line[0] < middle for line in self.check_streams(older, 10)))
        selector = '{app="shop", namespace="prod", pod="shop-7f", service_name="shop"}'
        two_hours = 2 * 3600 * 10**9
        for direction, start, end in (("backward", middle - two_hours, middle),
                                      ("forward", middle, middle + two_hours)):
            data = self.get("/loki/api/v1/query_range",
                            {"query": selector, "direction": direction, "limit": "10",
                             "start": str(start), "end": str(end), "step": "60000ms"},
                            {"X-Loki-Response-Encoding-Flags": "categorize-labels"})["data"]
            times = [line[0] for line in self.check_streams(data, 10)]
            self.assertEqual(times, sorted(times, reverse=direction == "backward"))

    def test_range_queries_split_by_day(self):
        day = 24 * 3600 * 10**9
        for begin in (TO_NS - day, TO_NS - 2 * day, TO_NS - 3 * day):
            data = self.run_query("/loki/api/v1/query_range", 'sum(count_over_time({app="shop"}[1h]))',
                                  start=str(begin), end=str(begin + day), step="3600000ms")
            self.samples(data)

    def test_errors_are_text(self):
        for query, fragment in (('{app="shop"', "parse error"), ("{}", "queries require at least"),
                                ('rate({app="shop"})', "parse error")):
            text = self.get("/loki/api/v1/query_range", {"query": query, "start": str(FROM_NS),
                                                         "end": str(TO_NS)},
                            status=400, content_type="text/plain")
            self.assertIn(fragment, text)
        self.get("/loki/api/v1/no_such_thing", status=404, content_type="text/plain")

    def test_rules_and_what_the_server_is(self):
        for path in ("/loki/api/v1/rules", "/api/prom/rules"):
            self.assertEqual(self.get(path, content_type="yaml"), "{}\n")
            missing = self.get(path + "/test/test", status=404, content_type="text/plain")
            self.assertIn("page not found", missing)
        self.assertEqual(self.get("/prometheus/api/v1/rules")["data"], {"groups": []})
        self.assertEqual(self.get("/prometheus/api/v1/alerts")["data"], {"alerts": []})
        build = self.get("/loki/api/v1/status/buildinfo")
        self.assertRegex(build["version"], r"^3\.")
        self.assertNotIn("features", build)
        self.assertEqual(self.get("/ready", content_type="text/plain"), "ready\n")
        self.assertIn("server => Running\n", self.get("/services", content_type="text/plain"))
        self.assertIn("limits_config:\n", self.get("/config", content_type="text/plain"))
        self.assertEqual(self.get("/log_level")["message"], "Current log level is info")


class Drilldown(GrafanaClient):
    DAY = {"start": iso(FROM_NS), "end": iso(TO_NS)}

    def resource(self, path, **parameters):
        return self.get("/loki/api/v1/" + path, {**self.DAY, **parameters},
                        {"X-Query-Tags": "Source=grafana-lokiexplore-app"})

    def test_landing_page(self):
        limits = self.resource("drilldown-limits")
        self.assertIs(limits["pattern_ingester_enabled"], True)
        self.assertRegex(limits["version"], r"^3\.")
        self.assertLessEqual({"discover_log_levels", "max_query_length", "volume_enabled"},
                             set(limits["limits"]))
        volume = self.resource("index/volume", query='{service_name=~".+"}', limit="5000")
        self.assertEqual(volume["data"]["resultType"], "vector")
        found = {one["metric"]["service_name"]: int(one["value"][1])
                 for one in volume["data"]["result"]}
        self.assertEqual(set(found), {"shop", "mail", "json"})
        self.assertTrue(all(value > 0 for value in found.values()))
        volumes = self.resource("index/volume_range", query='{service_name=~".+"}', step="300s",
                                targetLabels="service_name")
        self.assertEqual(volumes["data"]["resultType"], "matrix")
        for service in found:
            selector = f'{{service_name="{service}"}}'
            result = self.samples(self.query_range(
                f"sum by (detected_level) (count_over_time({selector} [30s]))",
                "grafana-lokiexplore-app", "30000ms"))
            self.assertTrue(result)
            self.check_streams(self.query_range(selector, "grafana-lokiexplore-app", limit="100"),
                               100)

    def test_a_service(self):
        selector = '{service_name="shop"}'
        labels = self.resource("detected_labels", query=selector)["detectedLabels"]
        self.assertEqual(set(labels[0]), {"label", "cardinality"})
        names = {one["label"] for one in labels}
        self.assertLessEqual({"namespace", "pod", "service_name"}, names)
        for name in names:
            self.samples(self.query_range(
                f'sum by ({name}) (count_over_time({selector[:-1]}, {name}!=""}} [30s]))',
                "grafana-lokiexplore-app", "30000ms"))

        fields = self.resource("detected_fields", limit="1000",
                               query=selector + " | logfmt | drop __error__, __error_details__")
        self.assertEqual(set(fields), {"fields", "limit"})
        by_name = {one["label"]: one for one in fields["fields"]}
        self.assertIsNone(by_name["trace_id"]["parsers"])
        self.assertEqual(by_name["took"]["type"], "duration")
        self.assertEqual(by_name["took"]["parsers"], ["logfmt"])
        self.assertEqual(by_name["status"]["type"], "int")
        values = self.resource("detected_field/status/values", query=selector, limit="1000")
        self.assertEqual((sorted(values["values"]), values["limit"]), (["200", "500"], 1000))
        result = self.samples(self.query_range(
            f'sum by (status) (count_over_time({selector} | logfmt | status!="" '
            "| drop __error__, __error_details__ [30s]))", "grafana-lokiexplore-app", "30000ms"))
        self.assertEqual({one["metric"]["status"] for one in result}, {"200", "500"})
        for function in ("avg_over_time", "quantile_over_time"):
            parameter = "0.99, " if function.startswith("quantile") else ""
            result = self.samples(self.query_range(
                f"{function}({parameter}{selector} | logfmt | took!=`` | unwrap duration(took) "
                "| __error__=`` [5m]) by ()", "grafana-lokiexplore-app", "300000ms"))
            self.assertEqual(len(result), 1)
        lines = self.check_streams(self.query_range(
            selector + ' | detected_level=`error` | json | logfmt '
            '| drop __error__, __error_details__', "grafana-lokiexplore-app", limit="100"), 100)
        self.assertEqual(len(lines), 6)

    def test_json_fields_have_paths(self):
        fields = self.resource("detected_fields", query='{service_name="json"}', limit="1000")
        by_name = {one["label"]: one for one in fields["fields"]}
        self.assertEqual(by_name["http_code"]["jsonPath"], ["http", "code"])
        self.assertEqual(by_name["http_code"]["parsers"], ["json"])
        self.assertEqual(by_name["ok"]["type"], "boolean")
        lines = self.check_streams(self.query_range(
            '{service_name="json"} | json http_code="http.code" | http_code=`404`',
            "grafana-lokiexplore-app", limit="10"), 10)
        self.assertEqual(lines[0][2]["parsed"], {"http_code": "404"})

    def test_patterns(self):
        for when in ("in memory", "in parts", "merged"):
            answer = self.resource("patterns", query='{service_name="shop"}', step="15s")
            self.assertEqual(list(answer), ["status", "data"])
            with self.subTest(when):
                for pattern in answer["data"]:
                    self.assertEqual(set(pattern), {"pattern", "level", "samples"})
                    for seconds, count in pattern["samples"]:
                        self.assertEqual((type(seconds), seconds % 15), (int, 0))
                        self.assertGreater(count, 0)
                totals = {(one["pattern"], one["level"]): sum(count for _, count in one["samples"])
                          for one in answer["data"]}
                self.assertEqual(totals, {
                    ('level=info msg="request <_> took <_>ms" status=<_> took=<_>ms', "info"): 52,
                    ('level=error msg="request <_> took <_>ms" status=<_> took=<_>ms', "error"): 6})
            for pattern, _ in totals:
                lines = self.check_streams(self.query_range(
                    '{service_name="shop"} |> `' + pattern + "`", "grafana-lokiexplore-app",
                    limit="100"), 100)
                self.assertEqual(len(lines), totals[(pattern, lines[0][2]["structuredMetadata"]
                                                     ["detected_level"])])
            self.assertEqual(self.connection.request("POST", "/flush")[0], 204)
        self.assertEqual(self.resource("patterns", query='{service_name="none"}')["data"], [])
        self.get("/loki/api/v1/patterns", {"query": "rate({a=`b`}[1m])"}, status=400,
                 content_type="text/plain")


if __name__ == "__main__":
    unittest.main()
