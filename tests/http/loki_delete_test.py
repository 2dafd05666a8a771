#!/usr/bin/env python3
"""Deletes of log lines over Loki's API: effective at once, listed, cancelled, still there after kill -9
and after a merge; and what may not be deleted."""
import json
import time
import unittest
import urllib.parse

from varved_process import HttpConnection, Varved
from wire_format import JSON, loki_json

T0_S = int(time.time()) - 3600
T0_NS = T0_S * 10**9
DELETE = "/loki/api/v1/delete"
REQUEST_FIELDS = ["request_id", "start_time", "end_time", "query", "status", "created_at"]


class LokiDelete(unittest.TestCase):
    def setUp(self):
        self.server = Varved("--web.enable-admin-api", name="delete")
        self.server.start()
        self.connection = HttpConnection(self.server.address)

    def tearDown(self):
        self.connection.close()
        assert self.server.stop() == 0

    def restart(self):
        self.connection.close()
        self.server.kill()
        self.server.start()
        self.connection = HttpConnection(self.server.address)

    def push(self, app, lines, **metadata):
        values = [(T0_NS + i * 10**9, line, metadata) for i, line in enumerate(lines)]
        status, _, body = self.connection.request(
            "POST", "/loki/api/v1/push", loki_json([({"app": app}, values)]),
            {"Content-Type": JSON})
        self.assertEqual(status, 204, body)

    def lines(self, query):
        parameters = {"query": query, "start": str(T0_NS), "end": str(T0_NS + 3600 * 10**9),
                      "direction": "forward", "limit": "1000"}
        status, _, body = self.connection.request(
            "GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode(parameters))
        self.assertEqual(status, 200, body)
        return [value[1] for stream in json.loads(body)["data"]["result"]
                for value in stream["values"]]

    def count(self, query):
        parameters = {"query": f"sum(count_over_time({query}[1h]))",
                      "time": str(T0_NS + 3600 * 10**9 - 1)}
        status, _, body = self.connection.request(
            "GET", "/loki/api/v1/query?" + urllib.parse.urlencode(parameters))
        self.assertEqual(status, 200, body)
        result = json.loads(body)["data"]["result"]
        return int(result[0]["value"][1]) if result else 0

    def delete(self, query, method="POST", **parameters):
        parameters = {"query": query, "start": str(T0_S), **parameters}
        status, _, body = self.connection.request(
            method, DELETE + "?" + urllib.parse.urlencode(parameters))
        return status, body.decode()

    def list(self):
        status, headers, body = self.connection.request("GET", DELETE)
        self.assertEqual(status, 200, body)
        self.assertIn("json", headers["Content-Type"])
        return json.loads(body)

    def cancel(self, request_id, **parameters):
        parameters = {"request_id": request_id, **parameters}
        status, _, body = self.connection.request(
            "DELETE", DELETE + "?" + urllib.parse.urlencode(parameters))
        return status, body.decode()

    def admin(self, action):
        status, _, body = self.connection.request("POST", f"/api/v1/admin/tsdb/{action}")
        self.assertEqual(status, 204, body)

    def test_lines_that_match_go_and_stay_away(self):
        self.push("a", ["card 1111", "ok 1", "card 2222", "ok 2"])
        self.push("b", ["card 3333"])
        self.assertEqual(self.list(), [])
        self.assertEqual(self.delete('{app="a"} |= "card"'), (204, ""))

        def check():
            self.assertEqual(self.lines('{app="a"}'), ["ok 1", "ok 2"])
            self.assertEqual(self.lines('{app=~".+"} |= "card"'), ["card 3333"])
            self.assertEqual(self.count('{app="a"}'), 2)
            listed = self.list()
            self.assertEqual(len(listed), 1)
            self.assertEqual(list(listed[0]), REQUEST_FIELDS)
            self.assertEqual(listed[0]["query"], '{app="a"} |= "card"')
            self.assertEqual(listed[0]["start_time"], T0_S)
            self.assertAlmostEqual(listed[0]["created_at"], time.time(), delta=60)
            return listed[0]["status"]

        self.assertEqual(check(), "received")
        self.restart()
        self.assertEqual(check(), "received")
        self.admin("compact")
        self.admin("clean_tombstones")
        self.assertEqual(check(), "processed")
        self.restart()
        self.assertEqual(check(), "processed")
        self.push("a", ["card 4444"])
        self.assertEqual(self.lines('{app="a"} |= "card"'), ["card 4444"])

    def test_whole_streams_ranges_metadata_and_pipelines(self):
        self.push("a", [f"level={level} n={i}" for i, level in
                        enumerate(["info", "warn", "info", "error", "info"])])
        self.assertEqual(self.delete('{app="a"} | logfmt | level=`warn`', method="PUT")[0], 204)
        self.assertEqual(self.count('{app="a"}'), 4)
        self.assertEqual(self.delete('{app="a"} |~ "n=(2|4)"', end=str(T0_S + 2))[0], 204)
        self.assertEqual(self.lines('{app="a"}'),
                         ["level=info n=0", "level=error n=3", "level=info n=4"])
        self.push("m", ["x", "y"], user="eve")
        self.push("m", ["z"], user="bob")
        self.assertEqual(self.delete('{app="m"} | user=`eve`')[0], 204)
        self.assertEqual(self.lines('{app="m"}'), ["z"])
        self.assertEqual(self.delete('{app="m"}')[0], 204)
        self.assertEqual(self.lines('{app="m"}'), [])
        labels = "/loki/api/v1/label/app/values?" + urllib.parse.urlencode(
            {"start": str(T0_NS), "end": str(T0_NS + 3600 * 10**9)})
        self.assertEqual(json.loads(self.connection.request("GET", labels)[2])["data"], ["a"])

    def test_cancelling(self):
        self.push("a", ["one", "two"])
        self.assertEqual(self.cancel("00000000"),
                         (404, "could not find delete request with given id\n"))
        self.assertEqual(self.delete('{app="a"} |= "one"')[0], 204)
        self.assertEqual(self.delete('{app="a"} |= "one"', end=str(T0_S + 60))[0], 204)
        first, second = [one["request_id"] for one in self.list()]
        # The second deletes nothing of its own; as long as it stands its lines stay hidden.
        self.assertEqual(self.cancel(first), (204, ""))
        self.assertEqual(self.lines('{app="a"}'), ["two"])
        self.assertEqual(self.cancel(second), (204, ""))
        self.assertEqual(self.lines('{app="a"}'), ["one", "two"])
        self.assertEqual(self.list(), [])
        self.assertEqual(self.delete('{app="a"} |= "one"')[0], 204)
        self.admin("clean_tombstones")
        third = self.list()[0]["request_id"]
        self.assertEqual(self.cancel(third, force="true"),
                         (400, "deletion of request which is in process or already processed is "
                               "not allowed\n"))
        self.assertEqual(self.lines('{app="a"}'), ["two"])

    def test_cache_generation_changes_with_each_delete(self):
        def generation():
            status, _, body = self.connection.request("GET",
                                                      "/loki/api/v1/cache/generation_numbers")
            self.assertEqual(status, 200)
            return json.loads(body)

        self.push("a", ["one"])
        self.assertEqual(generation(), "")
        self.delete('{app="a"}')
        self.assertNotEqual(generation(), "")

    def test_refusals(self):
        seconds = "time: require unix seconds or RFC3339 format\n"
        for parameters, text in (
                ({"query": ""}, "query not set\n"),
                ({"query": "nonsense"}, "invalid query expression\n"),
                ({"query": "rate({app=`a`}[1m])"}, "invalid query expression\n"),
                ({"start": ""}, "start time not set\n"),
                ({"start": str(T0_NS)}, "invalid start " + seconds),
                ({"end": "tomorrow"}, "invalid end " + seconds),
                ({"end": str(T0_S + 10**6)}, "deletes in the future are not allowed\n"),
                ({"end": str(T0_S - 5)}, "start time can't be greater than end time\n"),
                ({"max_interval": "1x"},
                 "invalid max_interval: valid time units are 's', 'm', 'h'\n"),
        ):
            with self.subTest(parameters):
                self.assertEqual(self.delete(**{"query": "{app=`a`}", **parameters}), (400, text))
        self.assertEqual(self.list(), [])

    def test_pages_of_other_sites_delete_nothing(self):
        target = DELETE + "?" + urllib.parse.urlencode({"query": "{app=`a`}", "start": str(T0_S)})
        status, _, _ = self.connection.request("POST", target,
                                               headers={"Origin": "http://evil.example"})
        self.assertEqual(status, 403)
        status, _, _ = self.connection.request("POST", target,
                                               headers={"Origin": f"http://{self.server.address}"})
        self.assertEqual(status, 204)


    def stats(self, query):
        parameters = {"query": query, "start": str(T0_NS), "end": str(T0_NS + 3600 * 10**9)}
        status, _, body = self.connection.request(
            "GET", "/loki/api/v1/index/stats?" + urllib.parse.urlencode(parameters))
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_what_is_hidden_is_not_counted(self):
        self.push("a", ["card 1111", "ok 1", "card 2222", "ok 2"])
        self.push("b", ["card 3333"])
        before = self.stats('{app=~".+"}')
        self.assertEqual((before["streams"], before["entries"]), (2, 5))
        self.assertEqual(self.delete('{app=~".+"} |= "card"')[0], 204)
        hidden = self.stats('{app=~".+"}')
        self.assertEqual((hidden["streams"], hidden["entries"], hidden["chunks"]), (1, 2, 1))
        self.assertEqual(self.stats('{app="b"}'),
                         {"streams": 0, "chunks": 0, "bytes": 0, "entries": 0})
        self.restart()
        self.assertEqual(self.stats('{app=~".+"}'), hidden)
        self.admin("clean_tombstones")
        self.assertEqual(self.stats('{app=~".+"}'), hidden)


class DeletesHide(LokiDelete):
    def setUp(self):
        self.server = Varved("--web.enable-admin-api", "--logs.deletion-mode=filter-only",
                             name="delete-hide")
        self.server.start()
        self.connection = HttpConnection(self.server.address)

    def test_what_is_hidden_stays_and_can_be_shown_again(self):
        self.push("a", ["one", "two"])
        self.assertEqual(self.delete('{app="a"} |= "one"')[0], 204)
        self.admin("compact")
        self.admin("clean_tombstones")
        self.restart()
        self.assertEqual(self.lines('{app="a"}'), ["two"])
        self.assertEqual([one["status"] for one in self.list()], ["received"])
        self.assertEqual(self.cancel(self.list()[0]["request_id"]), (204, ""))
        self.assertEqual(self.lines('{app="a"}'), ["one", "two"])
        limits = self.connection.request("GET", "/config/tenant/v1/limits")[2].decode()
        self.assertIn("\ndeletion_mode: filter-only\n", limits)

    # What is never made physical.
    test_lines_that_match_go_and_stay_away = None
    test_cancelling = None


class DeletesOff(unittest.TestCase):
    def test_nothing_can_be_deleted(self):
        server = Varved("--logs.deletion-mode=disabled", name="delete-off")
        server.start()
        connection = HttpConnection(server.address)
        for method in ("POST", "PUT", "GET", "DELETE"):
            status, _, body = connection.request(method, DELETE + "?query=x")
            self.assertEqual((status, body), (403, b"deletion is not available for this tenant\n"))
        connection.close()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
