"""A keep-alive HTTP client that does as little as can be, one that measures, and the comparison of
two servers' answers."""

import json
import math
import socket
import subprocess


class QueryClient:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)

    def get(self, path):
        """The status and the body. A body in chunks is returned with its chunk heads."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        pieces, head, length, have = [], None, None, 0
        while True:
            count = self.socket.recv_into(self.buffer)
            if count == 0:
                raise ConnectionError("cannot read an answer: the connection was closed")
            piece = bytes(memoryview(self.buffer)[:count])
            if head is None:
                piece = b"".join(pieces) + piece
                end = piece.find(b"\r\n\r\n")
                if end < 0:
                    pieces = [piece]
                    continue
                head, piece, pieces = piece[:end].lower(), piece[end + 4:], []
                at = head.find(b"content-length: ")
                if at >= 0:
                    length = int(head[at + 16:].split(b"\r", 1)[0])
            pieces.append(piece)
            have += len(piece)
            if length is not None:
                if have >= length:
                    break
            elif b"".join(pieces[-2:])[-5:] == b"0\r\n\r\n":
                break
        return int(head[9:12]), b"".join(pieces), length is None

    def get_json(self, path):
        status, body, chunked = self.get(path)
        if chunked:
            body = join_chunks(body)
        if status != 200:
            raise RuntimeError(f"cannot ask {path}: {status} {body[:300]!r}, want 200")
        return json.loads(body), len(body)


class QueryTimer:
    """Asks a server from a process of its own (query_timer.cc), whose time hardly counts."""

    def __init__(self, tools, port):
        self.process = subprocess.Popen([f"{tools}/query_timer", str(port)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, path, count):
        """How long each of `count` answers took, in ms."""
        self.process.stdin.write(f"{count} {path}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"cannot time {path}: query_timer exit {self.process.wait()}")
        return [int(text) / 1e6 for text in line.split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def join_chunks(body):
    pieces, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(body[end + 2:end + 2 + size])
        at = end + 2 + size + 2


def series_of(answer):
    """{labels: {time: value}} of a vector, a matrix or a list of label sets or texts."""
    data = answer["data"]
    if isinstance(data, list):
        return {text if isinstance(text, str) else tuple(sorted(text.items())): {}
                for text in data}
    found = {}
    for entry in data["result"]:
        points = entry["values"] if "values" in entry else [entry["value"]]
        found[tuple(sorted(entry["metric"].items()))] = {t: float(v) for t, v in points}
    return found


def near(a, b, relative):
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return abs(a - b) <= relative * max(abs(a), abs(b))


def difference(answer, reference, relative=1e-9):
    """What the first difference is, or "" where both say the same; and how many points agree."""
    ours, theirs = series_of(answer), series_of(reference)
    agreeing, points, first = 0, 0, ""
    if ours.keys() != theirs.keys():
        first = f"{len(ours)} series, want {len(theirs)}"
        odd = sorted(ours.keys() ^ theirs.keys())
        first += f", only in one: {odd[0]}"
    for labels, values in theirs.items():
        found = ours.get(labels, {})
        for time_s, value in values.items():
            points += 1
            if time_s in found and near(found[time_s], value, relative):
                agreeing += 1
            elif not first:
                first = f"{dict(labels)} at {time_s}: {found.get(time_s)}, want {value}"
        if len(found) > len(values) and not first:
            first = f"{dict(labels)}: {len(found)} points, want {len(values)}"
    return first, agreeing, points
