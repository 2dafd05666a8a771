#!/usr/bin/env python3
"""The limits of the Loki API: status and text of each are Loki's, and each is counted."""
import json
import re
import time
import unittest
import urllib.parse

from varved_process import HttpConnection, Varved
from wire_format import JSON, loki_json

NOW_NS = time.time_ns() // 10**9 * 10**9
HOUR_NS = 3600 * 10**9


class LokiLimits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved(
            "--logs.ingestion-rate=20KB", "--logs.ingestion-burst=40KB",
            "--logs.max-line-size=1KB", "--logs.max-label-names=3",
            "--logs.max-label-name-length=10", "--logs.max-label-value-length=20",
            "--logs.max-structured-metadata-size=100B", "--logs.max-structured-metadata-count=2",
            "--logs.max-query-lookback=720h", "--logs.max-query-length=48h",
            "--logs.max-query-range=2h", "--logs.max-query-series=2", "--logs.max-query-matchers=2",
            "--query.max-log-entries=5000", "--logs.max-tails=0",
            "--logs.discover-service-name=false", "--logs.discover-level=false",
            plain=False, name="limits")
        cls.server.start()
        cls.connection = HttpConnection(cls.server.address)

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        assert cls.server.stop() == 0

    def push(self, labels, *values):
        body = loki_json([(labels, [(NOW_NS, *value) for value in values])])
        status, _, answer = self.connection.request("POST", "/loki/api/v1/push", body,
                                                    {"Content-Type": JSON})
        return status, answer.decode()

    def query(self, path="query_range", **parameters):
        parameters = {"start": str(NOW_NS - HOUR_NS), "end": str(NOW_NS + 1), **parameters}
        status, headers, body = self.connection.request(
            "GET", f"/loki/api/v1/{path}?" + urllib.parse.urlencode(parameters))
        if status != 200:
            self.assertTrue(headers["Content-Type"].startswith("text/plain"))
        return status, body.decode()

    def counter(self, pattern):
        text = self.connection.request("GET", "/metrics")[2].decode()
        found = re.search(pattern + r" (\d+)", text)
        return int(found.group(1)) if found else 0

    def test_pushes(self):
        for reason, labels, value, text in (
                ("max_label_names_per_series", {"a": "1", "b": "2", "c": "3", "d": "4"}, ("x",),
                 """entry for stream '{a="1", b="2", c="3", d="4"}' has 4 label names; limit 3"""),
                ("label_name_too_long", {"eleven_char": "1"}, ("x",),
                 """stream '{eleven_char="1"}' has label name too long: 'eleven_char'"""),
                ("label_value_too_long", {"a": "x" * 21}, ("x",), f"""stream '{{a="{"x" * 21}"}}' """
                 f"""has label value too long: '{"x" * 21}'"""),
                ("line_too_long", {"a": "1"}, ("x" * 1025,),
                 """max entry size '1024' bytes exceeded for stream '{a="1"}' while adding an """
                 """entry with length '1025' bytes"""),
                ("structured_metadata_too_large", {"a": "1"}, ("x", {"m": "x" * 100}),
                 """stream '{a="1"}' has structured metadata too large: '101' bytes, limit: '100' """
                 """bytes. Please see `limits_config.max_structured_metadata_size` or contact"""),
                ("structured_metadata_too_many", {"a": "1"}, ("x", {"m": "1", "n": "2", "o": "3"}),
                 """stream '{a="1"}' has too many structured metadata labels: '3', limit: '2'. """
                 """Please see `limits_config.max_structured_metadata_entries_count` or contact"""),
        ):
            with self.subTest(reason):
                status, answer = self.push(labels, value)
                self.assertEqual(status, 400)
                self.assertIn(text, answer)
                metric = rf'varve_rejected_total{{signal="logs",reason="{reason}"}}'
                self.assertEqual(self.counter(metric), 1)
        # The good lines of a request with bad ones are kept.
        self.assertEqual(self.push({"a": "kept"}, ("x" * 1025,), ("good",))[0], 400)
        self.assertIn("good", self.query(query='{a="kept"}')[1])

    def test_ingestion_rate(self):
        lines = [("y" * 1000,)] * 50
        status, answer = self.push({"a": "rate"}, *lines)
        self.assertEqual(status, 429)
        self.assertEqual(
            answer, "ingestion rate limit exceeded for user fake (limit: 20480 bytes/sec) while "
                    "attempting to ingest '50' lines totaling '50000' bytes, reduce log volume or "
                    "contact your Loki administrator to see if the limit can be increased\n")
        self.assertGreaterEqual(
            self.counter(r'varve_rejected_total{signal="logs",reason="rate_limited"}'), 50)
        self.assertNotIn("yyy", self.query(query='{a="rate"}')[1])

    def test_queries(self):
        refused = self.counter("varve_log_queries_refused_total")
        for parameters, text in (
                ({"query": "{a=`1`}", "limit": "5001"},
                 "max entries limit per query exceeded, limit > max_entries_limit_per_query "
                 "(5001 > 5000)\n"),
                ({"query": "{a=`1`}", "start": str(NOW_NS - 50 * HOUR_NS), "end": str(NOW_NS)},
                 "the query time range exceeds the limit (query length: 2d2h, limit: 2d)\n"),
                ({"query": "rate({a=`1`}[3h])"}, "[interval] value exceeds limit: [3h] > [2h]\n"),
                ({"query": "{a=`1`,b=``,c=``}"},
                 "max streams matchers per query exceeded, matchers-count > limit (3 > 2)\n"),
                ({"query": "{a=`1`}", "step": "1ms", "start": str(NOW_NS - HOUR_NS)},
                 "exceeded maximum resolution of 11,000 points per time series. Try increasing the "
                 "value of the step parameter\n"),
        ):
            with self.subTest(parameters):
                self.assertEqual(self.query(**parameters), (400, text))
        self.assertEqual(self.counter("varve_log_queries_refused_total"), refused + 3)

    def test_series(self):
        for i in range(3):
            self.assertEqual(self.push({"many": str(i)}, ("x",))[0], 204)
        many = 'count_over_time({many=~".+"}[5m])'
        status, text = self.query(query=many, step="10")
        self.assertEqual(status, 400)
        self.assertTrue(text.startswith("maximum number of series (2) reached for a single query;"))
        self.assertEqual(self.query(query=f"sum({many})")[0], 200)
        self.assertEqual(self.query("query", query=many, time=str(NOW_NS + 1))[0], 400)

    def test_lookback(self):
        # What is further back is cut off, or makes an empty answer; neither is an error.
        status, text = self.query(query="{a=`1`}", start=str(NOW_NS - 800 * HOUR_NS),
                                  end=str(NOW_NS - 750 * HOUR_NS))
        self.assertEqual(status, 200)
        data = json.loads(text)["data"]
        self.assertEqual((data["resultType"], data["result"]), ("streams", []))
        status, text = self.query(query="vector(1)", start=str(NOW_NS - 800 * HOUR_NS),
                                  end=str(NOW_NS - 750 * HOUR_NS), step="3600")
        data = json.loads(text)["data"]
        self.assertEqual((status, data["resultType"], data["result"]), (200, "matrix", []))
        status, text = self.query(query="vector(1)", start=str(NOW_NS - 750 * HOUR_NS),
                                  end=str(NOW_NS - 700 * HOUR_NS), step="3600")
        times = [float(value[0]) for value in json.loads(text)["data"]["result"][0]["values"]]
        self.assertGreaterEqual(min(times), NOW_NS / 1e9 - 720 * 3600)

    def test_what_the_limits_are_can_be_asked(self):
        limits = json.loads(self.connection.request("GET", "/loki/api/v1/drilldown-limits")[2])
        self.assertEqual(limits["limits"]["max_query_lookback"], "30d")
        self.assertEqual(limits["limits"]["max_query_series"], 2)
        yaml = self.connection.request("GET", "/config/tenant/v1/limits")[2].decode()
        self.assertIn("max_label_names_per_series: 3\n", yaml)
        self.assertIn("\n  max_line_size: 1024\n",
                      self.connection.request("GET", "/config")[2].decode())

    def test_the_configuration_its_defaults_and_what_differs(self):
        def lines(mode):
            status, headers, body = self.connection.request("GET", "/config?mode=" + mode)
            self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
            return body.decode().splitlines()

        differs = lines("diff")
        self.assertIn("limits_config:", differs)
        self.assertIn("  max_label_names_per_series: 3", differs)
        self.assertNotIn("target: all", differs)
        self.assertNotIn("  volume_enabled: true", differs)
        self.assertIn("  max_label_names_per_series: 64", lines("defaults"))
        self.assertIn("  deletion_mode: filter-and-delete", lines("defaults"))


class Truncation(unittest.TestCase):
    def test_long_lines_are_cut(self):
        server = Varved("--logs.max-line-size=10B", "--logs.truncate-lines", name="truncate")
        server.start()
        connection = HttpConnection(server.address)
        body = loki_json([({"a": "1"}, [(NOW_NS, "0123456789and more")])])
        self.assertEqual(connection.request("POST", "/loki/api/v1/push", body,
                                            {"Content-Type": JSON})[0], 204)
        answer = connection.request(
            "GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode(
                {"query": "{a=`1`}", "start": str(NOW_NS), "end": str(NOW_NS + 1)}))[2]
        self.assertEqual(json.loads(answer)["data"]["result"][0]["values"],
                         [[str(NOW_NS), "0123456789"]])
        self.assertIn(b"varve_log_lines_truncated_total 1\n",
                      connection.request("GET", "/metrics")[2])
        connection.close()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
