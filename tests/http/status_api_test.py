#!/usr/bin/env python3
"""Status, administration and explanations of the Prometheus API over HTTP: what this server answers
beyond what can be compared with a Prometheus (prometheus_shapes_test.py)."""
import json
import sys
import unittest

from varved_process import Varved
from wire_format import FORM, write_samples

MINUTE_MS = 60_000
SERIES = [({"__name__": "requests_total", "job": job, "code": code},
           [(i * 15_000, float(i)) for i in range(81)])
          for job in ("api", "web") for code in ("200", "404")]


class StatusApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--web.enable-admin-api", "--web.enable-lifecycle",
                            "--query.max-points=100", name="status-api")
        cls.server.start()
        status, body = write_samples(cls.server, SERIES)
        assert status == 204, body

    @classmethod
    def tearDownClass(cls):
        if cls.server.is_alive():
            assert cls.server.stop() == 0

    def data(self, path, params=None):
        return self.server.get_json("/api/v1/" + path, params)

    def error(self, path, params):
        status, _, body = self.server.get("/api/v1/" + path, params)
        answer = json.loads(body)
        self.assertEqual(list(answer), ["status", "errorType", "error"])
        return status, answer["errorType"], answer["error"]

    def test_plan_names_operators_with_what_they_took(self):
        for path, params in (("query", {"time": "600"}),
                             ("query_range", {"start": "0", "end": "600", "step": "60"})):
            data = self.data(path, {"query": "sum by (job) (rate(requests_total[5m]))",
                                    "explain": "1", **params})
            self.assertEqual(list(data), ["resultType", "result", "explain"])
            plan = data["explain"]
            names = []
            while True:
                self.assertEqual(list(plan), ["operator", "seconds", "series", "samples", "bytes",
                                              "inputs"])
                names.append(plan["operator"])
                if not plan["inputs"]:
                    break
                self.assertGreaterEqual(plan["seconds"], plan["inputs"][0]["seconds"])
                plan, = plan["inputs"]
            self.assertEqual(names, ["sum by (job)", "rate", "requests_total[5m]"])
            self.assertEqual(plan["series"], 4)
            self.assertEqual(plan["samples"], 4 * (20 if path == "query" else 41))
        self.assertNotIn("explain", self.data("query", {"query": "1"}))
        status, _, message = self.error("query", {"query": "1", "explain": "maybe"})
        self.assertEqual((status, message[:27]), (400, 'invalid parameter "explain"'))

    def test_statistics_have_the_samples_read(self):
        samples = self.data("query_range", {
            "query": "rate(requests_total[2m])", "start": "120", "end": "240", "step": "60",
            "stats": "all"})["stats"]["samples"]
        self.assertEqual(list(samples), [
            "totalQueryableSamplesPerStep", "totalQueryableSamples", "samplesReadPerStep",
            "samplesRead", "peakSamples"])
        self.assertEqual(samples["totalQueryableSamplesPerStep"], [[120, 32], [180, 32], [240, 32]])
        self.assertEqual(samples["samplesReadPerStep"], [[120, 32], [180, 16], [240, 16]])
        self.assertEqual(samples["samplesRead"], 64)

    def test_points_are_limited_by_a_flag(self):
        params = {"query": "1", "start": "0", "end": "100", "step": "1"}
        self.assertEqual(len(self.data("query_range", params)["result"][0]["values"]), 101)
        self.assertEqual(self.error("query_range", {**params, "end": "101"}), (
            400, "bad_data", "exceeded maximum resolution of 100 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)"))

    def test_parts_are_listed(self):
        status, _, _ = self.server.request("POST", "/api/v1/admin/tsdb/flush")
        self.assertEqual(status, 204)
        block, = self.data("status/tsdb/blocks")["blocks"]
        self.assertEqual(list(block), ["ulid", "minTime", "maxTime", "stats", "compaction",
                                       "version"])
        self.assertEqual((block["minTime"], block["maxTime"]), (0, 80 * 15_000))
        stats = block["stats"]
        self.assertEqual((stats["numSeries"], stats["numSamples"], stats["numChunks"]),
                         (4, 4 * 81, 4))
        self.assertEqual(block["compaction"]["sources"], [block["ulid"]])

    def test_what_was_flushed_counts_as_before(self):
        counts = self.data("status/tsdb")
        self.assertEqual(self.server.request("POST", "/api/v1/admin/tsdb/flush")[0], 204)
        flushed = self.data("status/tsdb")
        head = flushed["headStats"]
        self.assertEqual((head["numSeries"], head["numLabelPairs"], head["minTime"],
                          head["maxTime"]), (4, 5, 0, 80 * 15_000))
        self.assertEqual(flushed["seriesCountByMetricName"],
                         [{"name": "requests_total", "value": 4}])
        self.assertEqual(flushed["memoryInBytesByLabelName"][0],
                         {"name": "__name__", "value": 4 * len("__name__requests_total  ")})
        for key in counts:
            if key != "headStats":
                self.assertEqual(counts[key], flushed[key])

    def test_the_configuration_is_a_document(self):
        self.assertEqual(self.data("status/config")["yaml"],
                         "global:\n  evaluation_interval: 1m\n"
                         "storage:\n  tsdb:\n    out_of_order_time_window: 100y\n")

    def test_replay_is_told_in_segments(self):
        server = Varved(name="status-replay")
        server.start()
        replay = server.get_json("/api/v1/status/walreplay")
        self.assertEqual(replay, {"min": 0, "max": 0, "current": 0})
        self.assertEqual(write_samples(server, SERIES)[0], 204)
        server.kill()
        server.start()
        replay = server.get_json("/api/v1/status/walreplay")
        self.assertGreater(replay["min"], 0)
        self.assertEqual(replay["current"], replay["max"])
        self.assertEqual(server.stop(), 0)

    def test_every_count_of_the_storage_is_a_metric(self):
        page = self.server.get("/metrics")[2].decode()
        for name in ("varve_head_exemplars", "varve_exemplars_appended_total",
                     "varve_exemplars_rejected_total", "varve_exemplar_parts",
                     "varve_start_timestamp_parts", "varve_deletion_masks",
                     "varve_metrics_min_time_seconds", "prometheus_tsdb_lowest_timestamp_seconds"):
            self.assertRegex(page, rf"(?m)^{name} \d")

    def test_own_metrics_have_the_json_of_their_message(self):
        families = self.data("status/self_metrics", {"metric_name_pattern": "varve_http_.*"})
        names = [family["name"] for family in families]
        self.assertIn("varve_http_requests_total", names)
        self.assertTrue(all(name.startswith("varve_http_") for name in names))
        for family in families:
            self.assertEqual(list(family), ["name", "help", "type", "metric"])
            for metric in family["metric"]:
                self.assertEqual(list(metric), ["label", family["type"].lower()])
        self.assertGreater(len(self.data("status/self_metrics")), len(families))
        self.assertEqual(self.error("status/self_metrics", {"metric_name_pattern": "("})[0], 400)

    def test_features_are_maps_of_booleans(self):
        features = self.data("features")
        self.assertEqual(list(features), sorted(features))
        self.assertTrue(features["promql_functions"]["rate"])
        self.assertTrue(features["api"]["admin"])
        self.assertTrue(features["promql_operators"]["limitk"])
        for category in features.values():
            self.assertTrue(all(isinstance(on, bool) for on in category.values()))
            self.assertEqual(list(category), sorted(category))

    def test_flags_are_sorted_and_say_what_holds(self):
        flags = self.data("status/flags")
        self.assertEqual(list(flags), sorted(flags))
        self.assertEqual(flags["query.max-points"], "100")
        self.assertEqual(flags["query.lookback-delta"], "5m")

    def test_form_and_url_are_one(self):
        status, _, body = self.server.post(
            "/api/v1/query?stats=all&query=vector(2)&time=5", b"query=vector(1)", FORM)
        data = json.loads(body)["data"]
        self.assertEqual((status, data["result"][0]["value"]), (200, [5, "1"]))
        self.assertIn("stats", data)

    def test_a_limit_truncates_and_says_so(self):
        warning = ["results truncated due to limit"]
        for path, params, count in (
                ("query", {"query": "requests_total", "time": "60"}, lambda data: data["result"]),
                ("query_range", {"query": "requests_total", "start": "0", "end": "60", "step": "60"},
                 lambda data: data["result"]),
                ("series", {"match[]": "requests_total"}, lambda data: data),
                ("labels", {}, lambda data: data), ("label/code/values", {}, lambda data: data)):
            _, _, body = self.server.get("/api/v1/" + path, {**params, "limit": "1"})
            answer = json.loads(body)
            self.assertEqual((path, len(count(answer["data"])), answer["warnings"]),
                             (path, 1, warning))
            _, _, body = self.server.get("/api/v1/" + path, {**params, "limit": "4"})
            self.assertNotIn("warnings", json.loads(body))

    def test_a_query_that_takes_too_long_is_a_timeout(self):
        status, kind, message = self.error("query", {
            "query": "sum_over_time(sum(rate(requests_total[5m]))[10d:1s])", "time": "900000",
            "timeout": "0"})
        self.assertEqual((status, kind), (503, "timeout"))
        self.assertIn("query timed out in", message)

    def test_reload_is_told_in_runtime_information(self):
        before = self.data("status/runtimeinfo")
        status, _, body = self.server.request("POST", "/-/reload")
        self.assertEqual((status, body), (200, b""))
        after = self.data("status/runtimeinfo")
        self.assertGreaterEqual(after["lastConfigTime"], before["lastConfigTime"])
        self.assertTrue(after["reloadConfigSuccess"])

    def test_version_has_the_keys_of_the_build(self):
        status, _, body = self.server.get("/version")
        self.assertEqual(status, 200)
        self.assertEqual(list(json.loads(body)), list(self.data("status/buildinfo")))

    def test_every_api_path_answers_options(self):
        for path in ("/api/v1/query", "/api/v1/label/job/values", "/api/v1/admin/tsdb/snapshot",
                     "/loki/api/v1/query_range", "/api/v1/no_such_path"):
            status, headers, _ = self.server.request("OPTIONS", path)
            self.assertEqual((path, status, headers["Vary"]), (path, 204, "Origin"))

    def test_zz_quit_stops_the_server(self):
        self.assertEqual(self.server.request("GET", "/-/quit")[0], 405)
        status, _, body = self.server.request("POST", "/-/quit")
        self.assertEqual((status, body), (200, b"Requesting termination... Goodbye!"))
        self.assertEqual(self.server.process.wait(30), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
