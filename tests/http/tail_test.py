#!/usr/bin/env python3
"""Live tails of varved over WebSockets: history first, then lines as they come in; filters, categories
of labels, slow clients, refusals, and the server's end."""
import base64
import json
import os
import socket
import struct
import threading
import time
import unittest
import urllib.parse

from varved_process import HttpConnection, Varved
from wire_format import JSON, loki_json

FRAME_TIMEOUT_S = 20


class Tail:
    """A WebSocket client that reads text frames and answers pings."""

    def __init__(self, address, headers=(), receive_bytes=None, **parameters):
        host, port = address.split(":")
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(FRAME_TIMEOUT_S)
        self.socket.connect((host, int(port)))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET /loki/api/v1/tail?{urllib.parse.urlencode(parameters)} HTTP/1.1",
                 f"Host: {address}", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data

    def take(self, count):
        while len(self.buffer) < count:
            self.buffer += self.receive()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def frame(self):
        """The next text frame, as JSON."""
        while True:
            first, second = self.take(2)
            length = second & 127
            if length == 126:
                length, = struct.unpack(">H", self.take(2))
            elif length == 127:
                length, = struct.unpack(">Q", self.take(8))
            payload = self.take(length)
            if first & 15 == 9:
                self.socket.sendall(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)
            elif first & 15 == 1:
                return json.loads(payload)
            elif first & 15 == 8:
                raise ConnectionError("closing handshake")

    def lines(self, count):
        """The next `count` lines, with the frames they came in."""
        lines, frames = [], []
        while len(lines) < count:
            frames.append(self.frame())
            lines += [value[1] for stream in frames[-1]["streams"] for value in stream["values"]]
        return lines, frames

    def close(self):
        self.socket.close()


class LiveTail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--logs.discover-service-name=false", "--logs.discover-level=false",
                            name="tail")
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def push(self, labels, lines, time_ns=None):
        connection = HttpConnection(self.server.address)
        time_ns = time_ns or time.time_ns()
        values = [(time_ns + i, *line) if isinstance(line, tuple) else (time_ns + i, line)
                  for i, line in enumerate(lines)]
        body = loki_json([(labels, values)])
        status, _, answer = connection.request("POST", "/loki/api/v1/push", body,
                                               {"Content-Type": JSON})
        connection.close()
        self.assertEqual(status, 204, answer)

    def test_history_comes_first_and_nothing_twice(self):
        labels = {"app": "history"}
        self.push(labels, [f"old {i}" for i in range(5)], time.time_ns() - 60 * 10**9)
        tail = Tail(self.server.address, query='{app="history"}', limit="3")
        self.assertEqual(tail.status, 101)
        lines, frames = tail.lines(3)
        self.assertEqual(lines, ["old 2", "old 3", "old 4"])
        self.assertEqual(list(frames[0]), ["streams"])
        self.assertEqual(frames[0]["streams"][0]["stream"], labels)
        self.push(labels, ["new 0"])
        self.push(labels, ["new 1", "new 2"])
        self.assertEqual(tail.lines(3)[0], ["new 0", "new 1", "new 2"])
        tail.close()

    def test_a_delay_puts_late_lines_in_their_place(self):
        tail = Tail(self.server.address, query='{app="delay"}', delay_for="1")
        start_ns = time.time_ns()
        self.push({"app": "delay"}, ["second"], start_ns)
        self.push({"app": "delay"}, ["first"], start_ns - 10**9)
        lines, frames = tail.lines(2)
        self.assertEqual(lines, ["first", "second"] if len(frames) == 1 else ["second", "first"])
        tail.close()
        for delay in ("6", "-1", "x"):
            refused = Tail(self.server.address, query='{app="delay"}', delay_for=delay)
            self.assertEqual(refused.status, 400)
            refused.close()

    def test_a_start_that_is_ahead_of_the_servers_clock(self):
        tail = Tail(self.server.address, query='{app="ahead"}', start=str(time.time_ns() + 10**9))
        self.assertEqual(tail.status, 101)
        self.push({"app": "ahead"}, ["here"])
        self.assertEqual(tail.lines(1)[0], ["here"])
        tail.close()

    def test_pipelines_apply(self):
        tail = Tail(self.server.address, query='{app="pipe"} |= "error" | json | code > 500')
        self.push({"app": "other"}, ['{"m":"error","code":999}'])
        self.push({"app": "pipe"}, ['{"m":"error","code":500}', '{"m":"fine","code":503}',
                                    '{"m":"error","code":503}'])
        lines, frames = tail.lines(1)
        self.assertEqual(lines, ['{"m":"error","code":503}'])
        self.assertEqual(frames[0]["streams"][0]["stream"],
                         {"app": "pipe", "m": "error", "code": "503"})
        tail.close()

    def test_categories_of_labels(self):
        tail = Tail(self.server.address, ["X-Loki-Response-Encoding-Flags: categorize-labels"],
                    query='{app="kinds"} | logfmt')
        connection = HttpConnection(self.server.address)
        body = json.dumps({"streams": [{"stream": {"app": "kinds"}, "values": [
            [str(time.time_ns()), "a=1", {"trace": "x"}]]}]}).encode()
        self.assertEqual(connection.request("POST", "/loki/api/v1/push", body,
                                            {"Content-Type": JSON})[0], 204)
        connection.close()
        frame = tail.frame()
        self.assertEqual(list(frame), ["encodingFlags", "streams"])
        self.assertEqual(frame["streams"][0]["stream"], {"app": "kinds"})
        self.assertEqual(frame["streams"][0]["values"][0][1:],
                         ["a=1", {"structuredMetadata": {"trace": "x"}, "parsed": {"a": "1"}}])
        tail.close()

    def test_a_slow_client_is_told_what_it_missed(self):
        slow = Tail(self.server.address, receive_bytes=4096, query='{app="flood"}')
        quick = Tail(self.server.address, query='{app="flood"}')
        sent = 40
        received = []
        reader = threading.Thread(target=lambda: received.extend(quick.lines(sent * 10)[0]))
        reader.start()
        for i in range(sent):
            self.push({"app": "flood"}, [f"{i} {j} " + "x" * 100_000 for j in range(10)])
            if i % 10 == 9:
                time.sleep(0.2)
        reader.join(FRAME_TIMEOUT_S)
        self.assertEqual(len(received), sent * 10)
        lines, dropped = 0, 0
        while lines + dropped < sent * 10:
            frame = slow.frame()
            lines += sum(len(stream["values"]) for stream in frame["streams"])
            for one in frame.get("dropped_entries", ()):
                self.assertEqual(one["labels"], {"app": "flood"})
                self.assertGreater(int(one["timestamp"]), 10**18)
                dropped += 1
        self.assertGreater(dropped, 0)
        slow.close()
        quick.close()

    def tails(self):
        connection = HttpConnection(self.server.address)
        body = connection.request("GET", "/metrics")[2].decode()
        connection.close()
        return [int(line.split()[1]) for line in body.splitlines()
                if line.startswith("varve_tails ")][0]

    def test_only_who_does_not_read_at_all_is_let_go(self):
        # One reads a little now and then: a frame takes longer than the silence that is put up
        # with. One reads nothing. One has nothing to read, and answers pings.
        slow = Tail(self.server.address, receive_bytes=4096, query='{app="patience"}')
        deaf = Tail(self.server.address, receive_bytes=4096, query='{app="patience"}')
        quiet = Tail(self.server.address, query='{app="nothing"}')
        self.assertEqual({tail.status for tail in (slow, deaf, quiet)}, {101})
        for i in range(30):
            self.push({"app": "patience"}, [f"{i} {j} " + "x" * 100_000 for j in range(10)])
        threading.Thread(target=self.swallow_pings, args=(quiet,), daemon=True).start()
        deadline = time.monotonic() + 120
        while self.tails() == 3:
            self.assertLess(time.monotonic(), deadline, "the deaf client is still there")
            slow.buffer += slow.socket.recv(2048)
            time.sleep(0.2)
        self.assertEqual(self.tails(), 2)
        lines = dropped = 0
        while lines + dropped < 300:
            frame = slow.frame()
            lines += sum(len(stream["values"]) for stream in frame["streams"])
            dropped += len(frame.get("dropped_entries", ()))
        self.assertGreater(dropped, 0)
        self.push({"app": "patience"}, ["still there"])
        self.assertEqual(slow.lines(1)[0], ["still there"])
        for tail in (slow, deaf, quiet):
            tail.close()

    @staticmethod
    def swallow_pings(tail):
        tail.socket.settimeout(200)
        try:
            tail.frame()
        except (ConnectionError, OSError):
            pass

    def test_refusals(self):
        for parameters in ({"query": "{"}, {"query": 'rate({app="x"}[1m])'},
                           {"query": '{app="x"}', "delay_for": "6"}):
            tail = Tail(self.server.address, **parameters)
            self.assertEqual(tail.status, 400, parameters)
            tail.close()
        connection = HttpConnection(self.server.address)
        status, _, body = connection.request("GET", "/loki/api/v1/tail?query=%7Ba%3D%22b%22%7D")
        connection.close()
        self.assertEqual((status, b"WebSocket" in body), (400, True))

    def test_clients_that_leave_make_room(self):
        for _ in range(3):
            tails = [Tail(self.server.address, query='{app="crowd"}') for _ in range(60)]
            self.assertEqual({tail.status for tail in tails}, {101})
            for tail in tails:
                tail.close()
            time.sleep(0.3)

    def test_the_end_of_the_server_drops_the_connection(self):
        server = Varved(name="tail-end")
        server.start()
        tail = Tail(server.address, query='{app="end"}')
        self.assertEqual(tail.status, 101)
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 15)
        with self.assertRaises(ConnectionError) as raised:
            tail.frame()
        self.assertNotIn("handshake", str(raised.exception))
        tail.close()


if __name__ == "__main__":
    unittest.main()
