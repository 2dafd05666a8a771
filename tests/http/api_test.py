#!/usr/bin/env python3
"""What clients of varved rely on, byte for byte: health queries, field order, numbers and times,
error bodies and codes, forms, compression, HTTP's corners, limits, start and stop."""
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse
import zlib

from varved_process import REPOSITORY, HttpConnection, Varved, wait_until
from wire_format import (FORM, JSON, PROTOBUF, REMOTE_WRITE_HEADERS, field_bytes, field_double_bits,
                         field_varint, loki_json, loki_protobuf, push_lines, snappy, time_series,
                         write_samples)

T0_NS = 1_795_132_800_000_000_000
T0_S = T0_NS // 10**9
CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
LOKI_RANGE = {"start": str(T0_NS - 10**9), "end": str(T0_NS + 60 * 10**9), "direction": "forward"}


def without_stats(body):
    """Loki's answer up to its statistics, which are timings."""
    return re.sub(rb',"stats":\{.*\}\}\}$', b"", body)


def raw_exchange(address, request, timeout_s=10):
    """Everything the server says to these bytes until it closes, or is silent for a second."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=timeout_s) as connection:
        connection.sendall(request)
        connection.settimeout(1)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
        return answer


class ServerCase(unittest.TestCase):
    flags = ("--web.enable-admin-api",)

    @classmethod
    def setUpClass(cls):
        cls.server = Varved(*cls.flags, name="api")
        cls.server.start()
        cls.load()

    @classmethod
    def load(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        exit_code = cls.server.stop()
        if exit_code != 0:
            raise AssertionError(f"varved exited {exit_code}: {cls.server.log_tail()}")

    def get(self, path, params=None, headers=None):
        status, _, body = self.server.get(path, params, headers)
        return status, body

    def loki(self, params, headers=None, path="query_range"):
        status, body = self.get(f"/loki/api/v1/{path}", params, headers)
        self.assertEqual(status, 200, body)
        return without_stats(body)


class PrometheusAnswers(ServerCase):
    @classmethod
    def load(cls):
        status, body = write_samples(cls.server, [
            ({"__name__": "up", "job": "a"}, [(1_000_000, 1.0), (1_015_000, 2.0)]),
            ({"__name__": "up", "job": "b<&>\"\\\n"}, [(1_000_780, 1e-7)])])
        assert status == 204 and body == b"", (status, body)

    def test_health_query(self):
        self.assertEqual(
            self.get("/api/v1/query", {"query": "1+1", "time": "4"}),
            (200, b'{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}'))

    def test_vector_numbers_times_and_escapes(self):
        self.assertEqual(
            self.get("/api/v1/query", {"query": "up", "time": "1000.78"}),
            (200, b'{"status":"success","data":{"resultType":"vector","result":['
                  b'{"metric":{"__name__":"up","job":"a"},"value":[1000.780,"1"]},'
                  b'{"metric":{"__name__":"up","job":"b<&>\\"\\\\\\n"},'
                  b'"value":[1000.780,"1e-07"]}]}}'))

    def test_range(self):
        self.assertEqual(
            self.get("/api/v1/query_range", {"query": "sum(up{job=\"a\"})", "start": "1000",
                                             "end": "1015", "step": "7.5"}),
            (200, b'{"status":"success","data":{"resultType":"matrix","result":['
                  b'{"metric":{},"values":[[1000,"1"],[1007.500,"1"],[1015,"2"]]}]}}'))

    def test_form_and_url_are_merged(self):
        for target, form in (("?time=4", "query=1%2B1"), ("?query=1%2B1", "time=4"),
                             ("?stats=", "query=1%2B1&time=4"), ("?query=1%2B1&time=4", "")):
            status, _, body = self.server.post("/api/v1/query" + target, form.encode(), FORM)
            self.assertEqual((status, json.loads(body)["data"]["result"]), (200, [4, "2"]),
                             (target, form))

    def test_errors(self):
        for path, params, want_status, want_type, text in (
                ("query", {"query": "sum("}, 400, "bad_data", "parse error"),
                ("query", {}, 400, "bad_data", "no expression found in input"),
                ("query", {"query": "1", "time": "x"}, 400, "bad_data", "\"time\""),
                ("query", {"query": "label_replace(up, \"a\", \"b\", \"c\", \"(\")"}, 422,
                 "execution", "regular expression"),
                ("query_range", {"query": "1", "start": "0", "end": "12000", "step": "1"}, 400,
                 "bad_data", "exceeded maximum resolution of 11,000 points per timeseries"),
                ("query_range", {"query": "1", "start": "0", "end": "1", "step": "0"}, 400,
                 "bad_data", "zero or negative"),
                ("series", {}, 400, "bad_data", "no match[] parameter provided")):
            status, body = self.get(f"/api/v1/{path}", params)
            answer = json.loads(body)
            self.assertEqual((status, list(answer), answer["status"], answer["errorType"]),
                             (want_status, ["status", "errorType", "error"], "error", want_type),
                             body)
            self.assertIn(text, answer["error"])

    def test_no_page_is_404_and_no_method_405(self):
        for path in ("/api/v1/nothing", "/api/v2/x", "/loki/api/v1/nothing", "/nothing",
                     "/prometheus/api/v1/query", "/otlp/v1/metrics", "/api/v1/admin/nothing",
                     "/config/v1/rules"):
            status, body = self.get(path)
            self.assertEqual(status, 404, path)
            self.assertNotIn(b"<html", body.lower())
        for method, path in (("DELETE", "/api/v1/query"), ("PUT", "/api/v1/write"),
                             ("POST", "/-/healthy"), ("GET", "/loki/api/v1/push")):
            status, headers, _ = self.server.request(method, path)
            self.assertEqual(status, 405, (method, path))
            self.assertTrue(headers["Allow"])

    def test_status_pages(self):
        self.assertEqual(self.get("/-/healthy"), (200, b"Varve is Healthy.\n"))
        self.assertEqual(self.get("/-/ready"), (200, b"Varve is Ready.\n"))
        self.assertEqual(self.get("/ready"), (200, b"ready\n"))
        info = self.server.get_json("/api/v1/status/buildinfo")
        self.assertEqual(set(info), {"version", "revision", "branch", "buildUser", "buildDate",
                                     "goVersion"})
        status, body = self.get("/loki/api/v1/status/buildinfo")
        self.assertEqual(status, 200)
        self.assertIn("version", json.loads(body))
        status, body = self.get("/metrics")
        self.assertEqual(status, 200)
        for name in (b"prometheus_build_info{", b"prometheus_tsdb_head_series ",
                     b"varve_http_requests_total{", b"process_resident_memory_bytes "):
            self.assertIn(b"\n" + name, body)
        self.assertEqual(self.get("/api/v1/query_exemplars", {"query": "test", "start": "1" * 13}),
                         (200, b'{"status":"success","data":[]}'))
        self.assertEqual(self.get("/api/v1/metadata"), (200, b'{"status":"success","data":{}}'))


class LokiAnswers(ServerCase):
    @classmethod
    def load(cls):
        status, body = push_lines(cls.server, [
            ({"app": "shop", "env": "prod"},
             [(T0_NS + 1, "level=info a=1 <x>", {"trace": "t1"}), (T0_NS + 2, "level=error a=2")])])
        assert status == 204 and body == b"", (status, body)

    def test_health_query(self):
        self.assertEqual(
            self.loki({"query": "vector(1)+vector(1)", "direction": "backward",
                       "time": "4000000000"}, path="query"),
            b'{"status":"success","data":{"resultType":"vector","result":['
            b'{"metric":{},"value":[4000000000,"2"]}]')

    def test_streams(self):
        start = b'{"status":"success","data":{"resultType":"streams",'
        self.assertEqual(
            self.loki({"query": '{app="shop"}', **LOKI_RANGE}),
            start + b'"result":[{"stream":{"app":"shop","env":"prod"},"values":['
                    b'["1795132800000000002","level=error a=2"]]},'
                    b'{"stream":{"app":"shop","env":"prod","trace":"t1"},"values":['
                    b'["1795132800000000001","level=info a=1 \\u003cx\\u003e"]]}]')
        self.assertEqual(
            self.loki({"query": '{app="shop"} | logfmt | a="1"', **LOKI_RANGE}, CATEGORIZE),
            start + b'"encodingFlags":["categorize-labels"],"result":['
                    b'{"stream":{"app":"shop","env":"prod"},"values":['
                    b'["1795132800000000001","level=info a=1 \\u003cx\\u003e",'
                    b'{"structuredMetadata":{"trace":"t1"},"parsed":{"a":"1","level":"info"}}]]}]')
        self.assertEqual(
            self.loki({"query": '{app="shop"} |= "error"', **LOKI_RANGE}, CATEGORIZE),
            start + b'"encodingFlags":["categorize-labels"],"result":['
                    b'{"stream":{"app":"shop","env":"prod"},"values":['
                    b'["1795132800000000002","level=error a=2",{}]]}]')
        self.assertEqual(self.loki({"query": '{app="no"}', **LOKI_RANGE}), start + b'"result":[]')

    def test_statistics_follow(self):
        _, body = self.get("/loki/api/v1/query_range", {"query": '{app="shop"}', **LOKI_RANGE})
        data = json.loads(body)["data"]
        self.assertEqual(list(data), ["resultType", "result", "stats"])
        self.assertLessEqual({"bytesProcessedPerSecond", "linesProcessedPerSecond", "execTime",
                              "totalBytesProcessed", "totalLinesProcessed"},
                             set(data["stats"]["summary"]))

    def test_metric_query(self):
        self.assertEqual(
            self.loki({"query": 'sum by (app) (count_over_time({app="shop"}[1m]))',
                       "time": str(T0_S + 30) + ".5"}, path="query"),
            b'{"status":"success","data":{"resultType":"vector","result":['
            b'{"metric":{"app":"shop"},"value":[1795132830.5,"2"]}]')

    def test_limit_and_direction(self):
        for direction, want in (("forward", "1"), ("backward", "2")):
            body = self.loki({"query": '{app="shop"}', **LOKI_RANGE, "direction": direction,
                              "limit": "1"})
            self.assertIn(b'00000000' + want.encode() + b'"', body)
            self.assertEqual(body.count(b'"level='), 1)

    def test_errors_are_plain_text(self):
        for path, params, text in (
                ("query_range", {"query": '{app="shop"'}, b"parse error at line 1, col"),
                ("query_range", {"query": "{}"}, b"at least one"),
                ("query_range", {"query": '{app="shop"}', "limit": "x"},
                 b"strconv.Atoi: parsing \"x\": invalid syntax"),
                ("query_range", {"query": '{app="shop"}', "start": "x"}, b"x"),
                ("query", {"query": '{app="shop"}', "direction": "up"}, b"direction"),
                ("query_range", {"query": "rate({a=\"b\"}[1m])", "start": "0", "end": "20000",
                                 "step": "1"}, b"11,000")):
            status, headers, body = self.server.get(f"/loki/api/v1/{path}", params)
            self.assertEqual(status, 400, body)
            self.assertTrue(headers["Content-Type"].startswith("text/plain"))
            self.assertIn(text, body)

    def test_metadata(self):
        bounds = {"start": LOKI_RANGE["start"], "end": LOKI_RANGE["end"]}
        for path, params, want in (
                ("labels", {}, {"status": "success", "data": ["app", "env"]}),
                ("label/app/values", {}, {"status": "success", "data": ["shop"]}),
                ("label/app/values", {"query": '{env="prod"}'},
                 {"status": "success", "data": ["shop"]}),
                ("series", {"match[]": '{app="shop"}'},
                 {"status": "success", "data": [{"app": "shop", "env": "prod"}]})):
            status, body = self.get(f"/loki/api/v1/{path}", {**bounds, **params})
            self.assertEqual((status, json.loads(body)), (200, want))
        status, body = self.get("/loki/api/v1/index/stats", {"query": '{app="shop"}', **bounds})
        self.assertEqual(status, 200)
        self.assertEqual(set(json.loads(body)), {"streams", "chunks", "bytes", "entries"})


class Writes(ServerCase):
    def samples(self, query, time_s="1000"):
        result = self.server.get_json("/api/v1/query", {"query": query, "time": time_s})["result"]
        return {json.dumps(item["metric"], sort_keys=True): item["value"][1] for item in result}

    def lines(self, selector):
        data = self.server.get_json("/loki/api/v1/query_range",
                                    {"query": selector, **LOKI_RANGE, "limit": "1000"})
        return sorted(line for stream in data["result"] for _, line in stream["values"])

    def test_good_samples_of_a_bad_request_are_stored(self):
        # A name twice in one series, beside good series.
        twice = field_bytes(1, b"".join(
            field_bytes(1, field_bytes(1, name) + field_bytes(2, value))
            for name, value in ((b"__name__", b"partial"), (b"a", b"1"), (b"a", b"2")))
            + field_bytes(2, field_double_bits(1, 0) + field_varint(2, 1_000_000)))
        good = [time_series({"__name__": "partial", "i": i}, [(1_000_000, 1.0)]) for i in "14"]
        status, _, body = self.server.post("/api/v1/write", snappy(good[0] + twice + good[1]),
                                           PROTOBUF, REMOTE_WRITE_HEADERS)
        self.assertEqual(status, 400, body)
        self.assertIn(b"1 of 3 samples rejected", body)
        self.assertEqual(set(self.samples("partial")), {'{"__name__": "partial", "i": "1"}',
                                                        '{"__name__": "partial", "i": "4"}'})

    def test_write_bodies_that_are_none(self):
        body = snappy(time_series({"__name__": "x"}, [(1_000_000, 1.0)]))
        for content, headers in (
                (body[:-3], REMOTE_WRITE_HEADERS), (b"garbage", REMOTE_WRITE_HEADERS),
                (b"", REMOTE_WRITE_HEADERS), (snappy(b"\xff" * 50), REMOTE_WRITE_HEADERS)):
            status, _, answer = self.server.post("/api/v1/write", content, PROTOBUF, headers)
            self.assertIn(status, (400, 204) if content == b"" else (400,), answer)

    def test_push_is_204_in_every_form(self):
        value = [str(T0_NS), "line"]
        stream = {"stream": {"app": "forms", "n": "0"}, "values": [value]}
        pushes = []

        def add(content_type, encoding, make):
            stream["stream"]["n"] = str(len(pushes))
            headers = {"Content-Encoding": encoding} if encoding else {}
            if content_type:
                headers["Content-Type"] = content_type
            pushes.append((make(json.dumps({"streams": [stream]}).encode()), headers))

        add(JSON, None, lambda body: body)
        add("application/json; charset=utf-8", None, lambda body: body)
        add(None, None, lambda body: body)
        add(JSON, "gzip", gzip.compress)
        add(JSON, "deflate", lambda body: zlib.compress(body)[2:-4])
        add(JSON, "identity", lambda body: body)
        add(JSON, None, lambda body: body.replace(b'"line"', b'"line",{"k":"v"}'))
        add(PROTOBUF, None, lambda _: snappy(loki_protobuf(
            [(f'{{app="forms", n="{len(pushes)}"}}', [(T0_NS, "line", {"k": "v"})])])))
        add(JSON, None, lambda _: json.dumps({"streams": [
            {"labels": f'{{app="forms", n="{len(pushes)}"}}',
             "entries": [{"ts": "2026-11-20T00:00:00Z", "line": "line"}]}]}).encode())
        for body, headers in pushes:
            status, _, answer = self.server.request("POST", "/loki/api/v1/push", body, headers)
            self.assertEqual((status, answer), (204, b""), (headers, body))
        self.assertEqual(self.lines('{app="forms"}'), ["line"] * len(pushes))

    def test_good_lines_of_a_bad_push_are_stored(self):
        body = loki_json([({"app": "half"}, [(T0_NS, "kept")]),
                          ({"bad name!": "x"}, [(T0_NS, "refused")])])
        status, _, answer = self.server.post("/loki/api/v1/push", body, JSON)
        self.assertEqual(status, 400, answer)
        self.assertEqual(self.lines('{app="half"}'), ["kept"])

    def test_pushes_that_are_none(self):
        for body in (b"", b"{", b"[]", b'{"streams":1}', b'{"streams":[{"stream":{},"values":[]}]',
                     b'{"streams":[{"stream":{"a":"b"},"values":[["x","y"]]}]}', b"\xff\xfe"):
            status, _, answer = self.server.post("/loki/api/v1/push", body, JSON)
            self.assertEqual(status, 400, (body, answer))


class Http(ServerCase):
    @classmethod
    def load(cls):
        for i in range(200):
            write_samples(cls.server, [({"__name__": "many", "i": str(i)}, [(1_000_000, 1.0)])])

    def test_gzip(self):
        params = {"query": "many", "time": "1000"}
        _, _, plain = self.server.get("/api/v1/query", params)
        for accepted, encoding in (("gzip", "gzip"), ("gzip, deflate, br, zstd", "gzip"),
                                   ("br, zstd", None), ("deflate", None), ("identity", None),
                                   ("gzip;q=0", None)):
            _, headers, body = self.server.get("/api/v1/query", params,
                                               {"Accept-Encoding": accepted})
            self.assertEqual(headers["Content-Encoding"], encoding, accepted)
            self.assertEqual(gzip.decompress(body) if encoding else body, plain)

    def test_head(self):
        for path in ("/-/ready", "/-/healthy", "/ready", "/loki/api/v1/labels"):
            answer = raw_exchange(self.server.address, f"HEAD {path} HTTP/1.1\r\nHost: x\r\n"
                                  "Connection: close\r\n\r\n".encode())
            head, _, body = answer.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 200"), answer)
            self.assertEqual(body, b"")

    def test_expect_100_continue(self):
        host, port = self.server.address.split(":")
        body = loki_json([({"app": "expect"}, [(T0_NS, "line")])])
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}"
                               f"\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
                               .encode())
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))
            connection.sendall(body)
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 204"))

    def test_pipelined_requests_are_answered_in_order(self):
        requests = "".join(f"GET /api/v1/query?query={i}&time=1 HTTP/1.1\r\nHost: x\r\n\r\n"
                           for i in range(50))
        answer = raw_exchange(self.server.address, requests.encode())
        self.assertEqual(re.findall(rb'\[1,"(\d+)"\]', answer),
                         [str(i).encode() for i in range(50)])

    def test_chunked_body(self):
        body = loki_json([({"app": "chunked"}, [(T0_NS, "line")])])
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:]))
        answer = raw_exchange(
            self.server.address, b"POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: "
            b"application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 204"), answer)

    def test_long_url_is_taken(self):
        query = "1+" * 100_000 + "1"
        status, body = self.get("/api/v1/query", {"query": "1 #" + "x" * 900_000, "time": "1"})
        self.assertEqual(status, 200, body[:200])
        status, _, body = self.server.post(
            "/api/v1/query", urllib.parse.urlencode({"query": query}).encode(), FORM)
        self.assertIn(status, (200, 400), body[:200])

    def test_limits_on_headers_and_bodies(self):
        address = self.server.address
        answer = raw_exchange(address, b"GET /-/ready HTTP/1.1\r\nHost: x\r\nX: " +
                              b"a" * (1 << 20) + b"\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 431"), answer[:100])
        answer = raw_exchange(address, b"GET /-/ready HTTP/1.1\r\nHost: x\r\n" + b"".join(
            b"X%d: a\r\n" % i for i in range(1000)) + b"\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 431"), answer[:100])
        for path, want in (("/api/v1/write", b"400"), ("/loki/api/v1/push", b"400"),
                           ("/api/v1/query", b"413")):
            answer = raw_exchange(address, f"POST {path} HTTP/1.1\r\nHost: x\r\n"
                                  "Content-Length: 70000000\r\n\r\n".encode())
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + want), (path, answer[:100]))

    def test_options_names_the_methods(self):
        status, headers, _ = self.server.request("OPTIONS", "/-/ready")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Allow"], "GET, HEAD, OPTIONS")
        status, headers, _ = self.server.request("OPTIONS", "/api/v1/query")  # a browser's preflight
        self.assertEqual(status, 204)
        self.assertIsNone(headers["Allow"])


class StartAndStop(unittest.TestCase):
    def test_second_process_names_the_holder(self):
        first = Varved(name="lock")
        first.start()
        second = Varved(folder=first.folder)
        second.log_path = os.path.join(first.folder, "second.log")
        second.start(wait=False)
        self.assertEqual(second.process.wait(20), 1)
        self.assertIn(str(first.process.pid), second.log_tail())
        self.assertEqual(first.get("/-/ready")[0], 200)
        self.assertEqual(first.stop(), 0)

    def test_orderly_stop_keeps_everything_and_exits_0(self):
        server = Varved(name="stop")
        server.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(write_samples(server, [({"__name__": "kept", "n": str(number.value)},
                                                     [(1_000_000, 1.0)])])[0], 204)
            self.assertEqual(push_lines(server, [({"app": "kept"},
                                                  [(T0_NS + number, "line")])])[0], 204)
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(30), 0)
            server.start()
        data = server.get_json("/api/v1/query", {"query": "count(kept)", "time": "1000"})
        self.assertEqual(data["result"][0]["value"][1], "2")
        data = server.get_json("/loki/api/v1/query_range", {"query": '{app="kept"}', **LOKI_RANGE})
        self.assertEqual(len(data["result"][0]["values"]), 2)
        self.assertEqual(server.stop(), 0)

    def test_requests_during_a_stop_are_answered_or_refused_never_lost(self):
        server = Varved(name="drain")
        server.start()
        acknowledged, statuses, ended = [], set(), threading.Event()

        def write(number):
            connection = HttpConnection(server.address, timeout_s=20)
            for i in range(100_000):
                if ended.is_set():
                    return
                labels = {"__name__": "drained", "n": str(number), "i": str(i)}
                body = snappy(time_series(labels, [(1_000_000, 1.0)]))
                headers = {"Content-Type": PROTOBUF, **REMOTE_WRITE_HEADERS}
                try:
                    status, _, _ = connection.request("POST", "/api/v1/write", body, headers)
                except OSError:
                    return
                statuses.add(status)
                if status == 204:
                    acknowledged.append(labels)

        writers = [threading.Thread(target=write, args=(i,), daemon=True) for i in range(4)]
        for writer in writers:
            writer.start()
        wait_until(lambda: len(acknowledged) > 50, 20, "writes are acknowledged")
        self.assertEqual(server.stop(), 0)
        ended.set()
        for writer in writers:
            writer.join(20)
        self.assertLessEqual(statuses, {204, 503})
        server.start()
        data = server.get_json("/api/v1/query", {"query": "drained", "time": "1000"})
        stored = {(item["metric"]["n"], item["metric"]["i"]) for item in data["result"]}
        self.assertLessEqual({(labels["n"], labels["i"]) for labels in acknowledged}, stored)
        self.assertEqual(server.stop(), 0)

    def test_wrong_flags_exit_2(self):
        server = Varved(name="flags")
        for flag in ("--no-such-flag", "--storage.retention.time=soon", "--web.max-body-size=x"):
            done = subprocess.run([server.binary, flag], capture_output=True, timeout=20,
                                  check=False, cwd=server.folder)
            self.assertEqual(done.returncode, 2, flag)
            self.assertIn(flag.split("=")[0].encode(), done.stderr)
        for flag in ("--help", "--version"):
            done = subprocess.run([server.binary, flag], capture_output=True, timeout=20,
                                  check=False, cwd=server.folder)
            self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_samples_beyond_the_bounds_of_time_are_refused_alone(self):
        server = Varved(plain=False, name="bounds")
        server.start()
        now_ms = int(time.time() * 1000)
        hour_ms = 3_600_000
        for what, bad_ms, reason in (("future", now_ms + hour_ms, b"future"),
                                     ("past", now_ms - 31 * 24 * hour_ms, b"old")):
            status, body = write_samples(server, [
                ({"__name__": "bounds", "of": what}, [(bad_ms, 1.0)]),
                ({"__name__": "bounds", "of": what, "good": "1"}, [(now_ms, 1.0)])])
            self.assertEqual(status, 400, body)
            self.assertIn(b"1 of 2 samples rejected", body)
            self.assertIn(reason, body)
            status, body = push_lines(server, [({"app": what}, [(bad_ms * 10**6, "refused"),
                                                                (now_ms * 10**6, "kept")])])
            self.assertEqual(status, 400, body)
            data = server.get_json("/loki/api/v1/query_range", {"query": f'{{app="{what}"}}'})
            self.assertEqual([value[1] for stream in data["result"] for value in stream["values"]],
                             ["kept"])
        data = server.get_json("/api/v1/query", {"query": "count(bounds{good=\"1\"})"})
        self.assertEqual(data["result"][0]["value"][1], "2")
        self.assertEqual(server.stop(), 0)

    def test_enrichment_is_on_by_default(self):
        server = Varved("--storage.retention.time=0", plain=False, name="enrichment")
        server.start()
        push_lines(server, [({"app": "shop"}, [(T0_NS, "level=error x")])])
        _, _, body = server.get("/loki/api/v1/query_range",
                                {"query": '{service_name="shop"}', **LOKI_RANGE}, CATEGORIZE)
        stream = json.loads(body)["data"]["result"][0]
        self.assertEqual(stream["stream"], {"app": "shop", "service_name": "shop"})
        self.assertEqual(stream["values"][0][2],
                         {"structuredMetadata": {"detected_level": "error"}})
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    os.chdir(REPOSITORY)
    unittest.main(warnings="ignore")
