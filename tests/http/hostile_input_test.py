#!/usr/bin/env python3
"""Sends varved what nobody should send: bombs, truncated and nested bodies, expressions made to be
expensive, half requests. It must refuse or answer each within a bound of time and memory, and go on
serving everybody else."""
import gzip
import json
import os
import random
import socket
import struct
import threading
import time
import unittest
import urllib.parse
import zlib

from varved_process import Varved, wait_until
from wire_format import (FORM, JSON, PROTOBUF, REMOTE_WRITE_HEADERS, field_bytes, loki_json,
                         loki_protobuf, push_lines, snappy, time_series, varint, write_samples)

T0_NS = 1_795_132_800_000_000_000
ANSWER_S_MAX = 30
RESIDENT_BYTES_MAX = 1500 << 20
SERIES = 300


def snappy_bomb(length):
    """About a twentieth of `length`: one literal, then copies of it."""
    out = bytearray(varint(length)) + bytes((0 << 2, 0x41))
    left = length - 1
    while left > 0:
        count = min(left, 64)
        out += bytes(((count - 1) << 2 | 2,)) + struct.pack("<H", 1)
        left -= count
    return bytes(out)


class HostileInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--query.timeout=10s", name="hostile")
        cls.server.start()
        for job in range(3):
            status, body = write_samples(cls.server, [
                ({"__name__": "wide", "i": str(i), "job": str(job)},
                 [(1_000_000 + 15_000 * k, float(k)) for k in range(100)])
                for i in range(SERIES // 3)])
            assert status == 204, body
        status, body = push_lines(cls.server, [
            ({"app": "hostile"}, [(T0_NS + i, "a" * 200 + f" x={i}") for i in range(2000)])])
        assert status == 204, body

    @classmethod
    def tearDownClass(cls):
        exit_code = cls.server.stop()
        if exit_code != 0:
            raise AssertionError(f"varved exited {exit_code}: {cls.server.log_tail()}")

    def setUp(self):
        if not self.server.is_alive():
            self.server.start()

    def tearDown(self):
        self.assertTrue(self.server.is_alive(), self.server.log_tail())
        self.server.local = threading.local()
        self.assertEqual(self.server.get("/-/ready")[0], 200)
        data = self.server.get_json("/api/v1/query", {"query": "count(wide)", "time": "1600"})
        self.assertEqual(data["result"][0]["value"][1], str(SERIES))
        with open(f"/proc/{self.server.process.pid}/status") as status:
            resident = [line for line in status if line.startswith("VmRSS")][0].split()[1]
        self.assertLess(int(resident) * 1024, RESIDENT_BYTES_MAX)

    def query(self, expression, path="/api/v1/query", **params):
        begin = time.monotonic()
        form = urllib.parse.urlencode({"query": expression, **params}).encode()
        status, _, body = self.server.post(path, form, FORM)
        self.assertLess(time.monotonic() - begin, ANSWER_S_MAX, expression[:80])
        return status, body

    def refused(self, path, body, content_type, headers=None):
        begin = time.monotonic()
        try:
            status, _, answer = self.server.post(path, body, content_type, headers)
        except OSError:
            return  # closed while it was still being sent
        self.assertEqual(status, 400, answer[:200])
        self.assertLess(len(answer), 4096)
        self.assertLess(time.monotonic() - begin, ANSWER_S_MAX)

    def test_write_bombs(self):
        for body in (varint(1 << 40) + b"\0A", varint((1 << 32) - 1) + b"\0A",
                     varint(33 << 20) + b"\0A", b"\xff" * 20, snappy_bomb(100 << 20),
                     snappy_bomb(31 << 20), varint(5) + b"\xf0"):
            self.refused("/api/v1/write", body, PROTOBUF, REMOTE_WRITE_HEADERS)
            self.refused("/loki/api/v1/push", body, PROTOBUF)

    def test_zstd_that_declares_too_much(self):
        frame = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 40) + b"\x01\x00\x00"
        self.refused("/api/v1/write", frame, PROTOBUF, {"Content-Encoding": "zstd"})

    def test_gzip_bombs(self):
        compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(2048))
        body += compressor.flush()
        nested = gzip.compress(gzip.compress(bytes(50 << 20)))
        for bomb in (body, nested, gzip.compress(b"[" * (20 << 20))):
            for path in ("/loki/api/v1/push",):
                self.refused(path, bomb, JSON, {"Content-Encoding": "gzip"})

    def test_truncated_bodies(self):
        good = snappy(time_series({"__name__": "cut", "a": "b"}, [(1_000_000, 1.0)] * 3))
        for end in range(len(good)):
            self.refused("/api/v1/write", good[:end], PROTOBUF, REMOTE_WRITE_HEADERS) \
                if end else None
        inner = time_series({"__name__": "cut", "a": "b"}, [(1_000_000, 1.0)])
        for end in range(1, len(inner)):
            self.refused("/api/v1/write", snappy(inner[:end]), PROTOBUF, REMOTE_WRITE_HEADERS)
        push = loki_json([({"app": "cut"}, [(T0_NS, "line \\ \" ü", {"k": "v"})])])
        for end in range(len(push)):
            self.refused("/loki/api/v1/push", push[:end], JSON)
        packed = gzip.compress(push)
        for end in range(1, len(packed)):
            self.refused("/loki/api/v1/push", packed[:end], JSON, {"Content-Encoding": "gzip"})

    def test_nested_bodies(self):
        for body in (b"[" * 1_000_000, b'{"a":' * 500_000, b'{"streams":' + b"[" * 500_000,
                     b'{"streams":[{"stream":{"a":"b"},"values":[["1",' + b"[" * 500_000):
            self.refused("/loki/api/v1/push", body, JSON)
        nested = b"\xff"
        for _ in range(2000):
            nested = field_bytes(2, nested)
        self.refused("/loki/api/v1/push", snappy(field_bytes(1, nested)), PROTOBUF)

    def test_protobuf_of_odd_wires(self):
        for inner in (b"\x0b\x0c", b"\x0f" * 10, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                      b"\x0a" + varint(1 << 62), b"\x80" * 11, b"\x00", b"\x0a\x02\x0a\x05"):
            self.refused("/api/v1/write", snappy(inner), PROTOBUF, REMOTE_WRITE_HEADERS)
            self.refused("/loki/api/v1/push", snappy(inner), PROTOBUF)

    def test_huge_labels(self):
        for labels in ({"__name__": "x", "a": "b" * (1 << 20)}, {"__name__": "x" * 100_000},
                       {"__name__": "x", **{f"l{i}": "v" for i in range(5000)}},
                       {"__name__": "x", "a" * 100_000: "v"}):
            self.refused("/api/v1/write", snappy(time_series(labels, [(1_000_000, 1.0)])), PROTOBUF,
                         REMOTE_WRITE_HEADERS)
            self.refused("/loki/api/v1/push", loki_json([(labels, [(T0_NS, "line")])]), JSON)

    def test_labels_text_that_is_none(self):
        for text in ("{", "}", "{a}", '{a="b"', '{a="b",,}', '{a="\\"}', "{" * 100_000, "",
                     '{a="' + "x" * (1 << 20), '{a=~"b"}', "{\xff=\"b\"}"):
            self.refused("/loki/api/v1/push", snappy(loki_protobuf([(text, [(T0_NS, "x", {})])])),
                         PROTOBUF)

    def test_deep_expressions(self):
        for expression in ("(" * 100_000, "(" * 100_000 + "1" + ")" * 100_000, "-" * 100_000 + "1",
                           "1+" * 100_000 + "1", "1^" * 100_000 + "1", "sum(" * 50_000 + "up",
                           "up" + "[1m:1m]" * 20_000, "!" * 100_000, "{" * 100_000,
                           "abs(" * 100_000 + "up" + ")" * 100_000, "a or " * 50_000 + "a"):
            status, body = self.query(expression, time="1")
            self.assertIn(status, (400, 422), (expression[:20], body[:200]))
            json.loads(body)
        for expression in ("(" * 100_000, "sum(" * 50_000, '{a="b"} ' + "| json " * 50_000,
                           '{a="b"}' + ' |= "x"' * 100_000, "1+" * 100_000 + "1",
                           '{a="b"} | ' + "(" * 100_000 + "a=1", "-" * 100_000 + "1"):
            status, body = self.query(expression, "/loki/api/v1/query_range")
            self.assertIn(status, (400, 200), body[:200])

    def test_expressions_that_are_none(self):
        chance = random.Random(7)
        words = ("sum", "by", "(", ")", "{", "}", "[", "]", "5m", "up", "\"", "=~", "\\", "1e",
                 "offset", "@", "start()", ":", ",", "on", "ignoring", "group_left", "-", "^", "0x",
                 "\xff", "\0", "NaN", "Inf", "|", "|=", "json", "unwrap", "bool", "`", "#", "\n")
        for _ in range(400):
            expression = " ".join(chance.choices(words, k=chance.randrange(1, 12)))
            for path in ("/api/v1/query", "/loki/api/v1/query"):
                status, body = self.query(expression, path, time="1")
                self.assertIn(status, (200, 400, 422), (expression, body[:200]))

    def test_regular_expressions(self):
        for regex in ("(a*)*b", "(a|a)*" * 30, "(x+x+)+y", "a{1000}{1000}", "(" * 5000, "[" * 5000,
                      "(?i)" + "(a|b|c)?" * 2000, ".*" * 5000, "((a{100}){100}){100}",
                      "\\p{L}{500}" * 10, "|".join(f"x{i}" for i in range(50_000)), "(?P<" * 1000):
            quoted = json.dumps(regex)
            for expression, path in ((f"wide{{i=~{quoted}}}", "/api/v1/query"),
                                     (f'{{app="hostile"}} |~ {quoted}', "/loki/api/v1/query_range"),
                                     (f"{{app=~{quoted}}}", "/loki/api/v1/query_range"),
                                     (f'label_replace(wide, "a", "$1", "i", {quoted})',
                                      "/api/v1/query")):
                params = {"time": "1600"} if path.startswith("/api") else {
                    "start": str(T0_NS - 1), "end": str(T0_NS + 10**9)}
                status, body = self.query(expression, path, **params)
                self.assertIn(status, (200, 400, 422), (expression[:60], body[:200]))

    def test_expensive_queries(self):
        day = 86400
        for expression in ("max_over_time(wide[100y:1s])", "sum(wide[100y:1ms])",
                           "max_over_time(max_over_time(wide[1d:1s])[1d:1s])",
                           "count_over_time((wide * on (i, job) wide)[365d:1s])",
                           "wide * on () group_left wide", "quantile_over_time(0.5, wide[300y])",
                           "rate(wide[292y])", "wide offset 292y", "wide offset -292y",
                           "wide @ 9e18", "wide @ -9e18", "vector(1e308) * 1e308 * 0"):
            for path, params in (("query", {"time": "1600"}),
                                 ("query_range", {"start": "0", "end": str(100 * day),
                                                  "step": str(day // 100)})):
                status, body = self.query(expression, f"/api/v1/{path}", **params)
                self.assertIn(status, (200, 400, 422, 503), (expression, body[:200]))
                json.loads(body)
        status, body = self.query("wide", time="9e99")
        self.assertIn(status, (200, 400))
        status, body = self.query("wide", "/api/v1/query_range", start="-1e15", end="1e15",
                                  step="1e12")
        self.assertIn(status, (200, 400), body[:200])
        status, body = self.query('sum by (x) (count_over_time({app="hostile"} | logfmt [1s]))',
                                  "/loki/api/v1/query_range", start=str(T0_NS),
                                  end=str(T0_NS + 10_000 * 10**9), step="1")
        self.assertIn(status, (200, 400, 504), body[:200])

    def test_a_client_that_leaves_does_not_keep_the_server_busy(self):
        host, port = self.server.address.split(":")
        query = urllib.parse.quote("max_over_time(max_over_time(wide[1h:1s])[1h:1s])")
        for _ in range(20):
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(f"GET /api/v1/query?query={query} HTTP/1.1\r\nHost: x\r\n\r\n"
                                   .encode())
        wait_until(lambda: self.query("1", time="1")[0] == 200, 5, "queries are answered again")

    def test_half_requests(self):
        host, port = self.server.address.split(":")
        idle = []
        for text in (b"", b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n",
                     b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"):
            for _ in range(40):
                connection = socket.create_connection((host, int(port)), timeout=5)
                connection.sendall(text)
                idle.append(connection)
        begin = time.monotonic()
        self.assertEqual(self.query("1", time="1")[0], 200)
        self.assertLess(time.monotonic() - begin, 2)
        for connection in idle:
            connection.close()

    def test_bytes_that_are_no_http(self):
        host, port = self.server.address.split(":")
        chance = random.Random(11)
        requests = [os.urandom(chance.randrange(1, 2000)) for _ in range(100)]
        requests += [b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                     b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n" * 10_000,
                     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff"
                     b"fffff\r\n", b"GET /%zz?%zz=%f HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                     b"Content-Length: 5\r\n\r\n0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET /api/v1/label/%00/values HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"]
        for request in requests:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                try:
                    connection.sendall(request)
                    connection.settimeout(0.05)
                    self.assertNotIn(b"root:", connection.recv(65536))
                except OSError:
                    pass

    def test_parameters_that_are_none(self):
        for path in ("query", "query_range", "labels", "series", "label/x/values"):
            for name in ("time", "start", "end", "step", "limit", "timeout", "match[]"):
                for value in ("", "-1", "1e400", "NaN", "Inf", "-Inf", "9" * 400, "\0", "\xff", "é",
                              "1970", "0x10", "1_000", " 1", "[]"):
                    for prefix in ("/api/v1/", "/loki/api/v1/"):
                        params = {"query": "1", "start": "0", "end": "10", "step": "1", name: value}
                        status, _, body = self.server.get(prefix + path, params)
                        # 503: a query with a timeout of nothing.
                        want = (200, 400, 404, 422, 503 if name == "timeout" else 200)
                        self.assertIn(status, want, (path, params, body[:200]))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
