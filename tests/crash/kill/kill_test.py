#!/usr/bin/env python3
"""Kills the real varved with SIGKILL while several connections write samples, native histograms and
log lines to it and delete some of them, again and again on one data folder, and after each restart
reads everything back over the query API.

What was acknowledged must be there, once and unaltered; what is there must have been sent; what was
deleted must not be there, and what came later into the deleted time must. In some rounds a
compaction runs as the kill comes, so that it hits flushes and merges too.

VARVE_KILL_ROUNDS: rounds, 25 by default. VARVE_KILL_SEED: repeats the choices of an earlier run."""
import math
import os
import random
import struct
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "http"))
from varved_process import HttpConnection, Varved  # noqa: E402
from wire_format import (FORM, JSON, PROTOBUF, REMOTE_WRITE_HEADERS, double_bits,  # noqa: E402
                         loki_json, snappy, time_series)

ROUNDS = int(os.environ.get("VARVE_KILL_ROUNDS", "25"))
SEED = int(os.environ.get("VARVE_KILL_SEED", str(time.time_ns() % 10**9)))
CONNECTIONS_PER_SIGNAL = 2
SERIES_PER_CONNECTION = 8
LOAD_S = (0.25, 0.8)
RECOVERY_S_MAX = 10
MINUTE_MS = 60_000

METRIC = "kill_test_value"
HISTOGRAM = "kill_test_histogram"
# A delete flushes first, so that a few of them keep the server busy enough.
DELETE_CHANCE = 0.03
# Bit patterns that a lossy path would change; a NaN's bits do not show in JSON, its place does.
SPECIAL_VALUES = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -1.7976931348623157e308,
                  0.1 + 0.2, 1e21, 123456789.125)
SPECIAL_TEXTS = ("", "\t", "quote \" and \\ backslash", "\x1b[31mred\x1b[0m", "snow ☃ 𝄞 é",
                 "a=b c=\"d\"", "{\"json\": [1, 2]}", "x" * 3000, "trailing blank ", "<&>")


class Journal:
    """What was sent, what was acknowledged and what was deleted of it since: {series or stream:
    {key: value}}.

    Each connection is one thread's and writes only its own series, so no lock is needed."""

    def __init__(self):
        self.sent = {}
        self.acknowledged = {}
        self.deleted = {}

    @staticmethod
    def add(target, entries):
        for owner, key, value in entries:
            target.setdefault(owner, {})[key] = value

    def delete(self, owner, first, last, certain):
        """Entries in [first, last]; without an answer nobody knows whether they are gone."""
        acknowledged = self.acknowledged.get(owner, {})
        for key in [key for key in acknowledged if first <= key <= last]:
            del acknowledged[key]
        if certain:
            gone = self.deleted.setdefault(owner, {})
            gone.update((key, value) for key, value in self.sent.get(owner, {}).items()
                        if first <= key <= last)

    def count(self):
        return sum(len(entries) for entries in self.acknowledged.values())

    def count_deleted(self):
        return sum(len(entries) for entries in self.deleted.values())


class Writer(threading.Thread):
    """One connection that writes until it is told to stop or the server is gone."""

    def __init__(self, address, number, round_number, seed, journal):
        super().__init__(daemon=True)
        self.connection = HttpConnection(address, timeout_s=10)
        self.number = number
        self.round_number = round_number
        self.random = random.Random(seed)
        self.journal = journal
        self.refused = []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            if self.random.random() < DELETE_CHANCE and not self.delete():
                break
            path, body, headers, entries = self.make_request()
            Journal.add(self.journal.sent, entries)
            try:
                status, _, answer = self.connection.request("POST", path, body, headers)
            except OSError:
                break
            if status == 204:
                Journal.add(self.journal.acknowledged, entries)
            elif status != 503:
                self.refused.append(f"{path}: {status} {answer[:200]!r}")
                break
        self.connection.close()

    def delete(self):
        """Deletes something this connection has written; False where no answer came."""
        return True


class MetricWriter(Writer):
    """Rows of samples at the present, a few behind it; every round adds series of its own."""

    metric = METRIC
    next_ms = {}
    # Late timestamps each series has had: where one comes a second time with another value, it is
    # right that the first value stays.
    used_late_ms = {}

    def make_request(self):
        now_ms = max(MetricWriter.next_ms.get(self.number, 0) + 1, int(time.time() * 1000))
        body, entries = bytearray(), []
        rows = self.random.randint(1, 6)
        for i in range(SERIES_PER_CONNECTION):
            # The first half goes on through all rounds, the other half is new in each.
            age = "all" if i < SERIES_PER_CONNECTION // 2 else f"round{self.round_number}"
            labels = {"__name__": self.metric, "writer": str(self.number), "i": str(i), "age": age}
            samples = [(now_ms + row, self.value()) for row in range(rows)]
            owner = (str(self.number), str(i), age)
            if self.random.random() < 0.1:
                samples.insert(0, (self.late_ms(owner, now_ms), self.value()))
            body += self.encode(labels, samples)
            entries += [(owner, time_ms, value) for time_ms, value in samples]
        MetricWriter.next_ms[self.number] = now_ms + rows
        headers = {"Content-Type": PROTOBUF, **REMOTE_WRITE_HEADERS}
        return "/api/v1/write", snappy(bytes(body)), headers, entries

    @staticmethod
    def encode(labels, samples):
        return time_series(labels, samples)

    def delete(self):
        mine = [owner for owner in list(self.journal.sent) if owner[0] == str(self.number)]
        if not mine:
            return True
        writer, i, age = owner = self.random.choice(mine)
        now_ms = int(time.time() * 1000)
        if self.random.random() < 0.5:
            first_ms, last_ms = now_ms - self.random.randrange(1000), now_ms + 1000
        else:  # where only late samples are
            first_ms = now_ms - self.random.randrange(11, 600) * MINUTE_MS
            last_ms = first_ms + self.random.randrange(60 * MINUTE_MS)
        selector = f'{self.metric}{{writer="{writer}",i="{i}",age="{age}"}}'
        form = urllib.parse.urlencode({"match[]": selector, "start": f"{first_ms / 1000:.3f}",
                                       "end": f"{last_ms / 1000:.3f}"}).encode()
        try:
            status, _, answer = self.connection.request(
                "POST", "/api/v1/admin/tsdb/delete_series", form, {"Content-Type": FORM})
        except OSError:
            self.journal.delete(owner, first_ms, last_ms, certain=False)
            return False
        self.journal.delete(owner, first_ms, last_ms, certain=status == 204)
        if status not in (204, 503):
            self.refused.append(f"delete {selector}: {status} {answer[:200]!r}")
        return status in (204, 503)

    def late_ms(self, owner, now_ms):
        used = MetricWriter.used_late_ms.setdefault(owner, set())
        while True:
            late_ms = now_ms - 10 * MINUTE_MS - self.random.randrange(600 * MINUTE_MS)
            if late_ms not in used:
                used.add(late_ms)
                return late_ms

    def value(self):
        choice = self.random.random()
        if choice < 0.1:
            return double_bits(self.random.choice(SPECIAL_VALUES))
        if choice < 0.5:
            return double_bits(float(self.random.randrange(10**6)))
        return double_bits(self.random.uniform(-1e9, 1e9))


class HistogramWriter(MetricWriter):
    """The same with native histograms: {bucket: count} of powers of two, and the sum."""

    metric = HISTOGRAM

    @staticmethod
    def encode(labels, samples):
        return time_series(labels, [
            (time_ms, {"schema": 0, "count": sum(count for _, count in buckets), "sum": total,
                       "zero_threshold": 1e-128, "positive": dict(buckets)})
            for time_ms, (buckets, total) in samples])

    def value(self):
        first = self.random.randrange(-10, 10)
        buckets = tuple((first + step, self.random.randrange(1, 10**self.random.randint(1, 12)))
                        for step in range(self.random.randint(1, 12))
                        if self.random.random() < 0.8)
        return buckets, self.random.choice(SPECIAL_VALUES[:4] + (self.random.uniform(-1e9, 1e9),))


class LogWriter(Writer):
    """Lines that are all different; many share a timestamp, some come late."""

    line_number = {}

    def make_request(self):
        streams, entries = [], []
        for i in range(self.random.randint(1, 3)):
            age = "all" if i == 0 else f"round{self.round_number}"
            owner = (str(self.number), str(i), age)
            values = []
            time_ns = time.time_ns()
            for _ in range(self.random.randint(1, 12)):
                if self.random.random() < 0.5:
                    time_ns += self.random.randrange(5000)
                if self.random.random() < 0.02:
                    time_ns -= self.random.randrange(MINUTE_MS) * 10**6
                number = LogWriter.line_number.get(self.number, 0)
                LogWriter.line_number[self.number] = number + 1
                line = f"writer {self.number} line {number} {self.random.choice(SPECIAL_TEXTS)}"
                values.append((time_ns, line))
                entries.append((owner, (time_ns, line), True))
            labels = {"app": "kill_test", "writer": owner[0], "i": owner[1], "age": age}
            streams.append((labels, values))
        return "/loki/api/v1/push", loki_json(streams), {"Content-Type": JSON}, entries


class Findings:
    def __init__(self):
        self.lost = self.altered = self.duplicated = self.phantom = self.undeleted = 0
        self.examples = []

    def add(self, kind, example):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {example}")

    def total(self):
        return self.lost + self.altered + self.duplicated + self.phantom + self.undeleted


def same_bits(text, bits):
    want = struct.unpack("<d", struct.pack("<Q", bits))[0]
    if math.isnan(want):
        return text == "NaN"
    return double_bits(float(text)) == bits


def same_histogram(found, sent):
    buckets, total = sent
    want = [(2.0 ** index, count) for index, count in buckets]
    return (float(found["count"]) == sum(count for _, count in buckets)
            and same_bits(found["sum"], double_bits(total))
            and [(float(right), float(count))
                 for _, _, right, count in found.get("buckets", [])] == want)


def check_metrics(server, metric, journal, findings):
    data = server.get_json("/api/v1/query", {"query": metric + "[30d]",
                                             "time": f"{time.time() + 3600:.0f}"})
    column, same = ("values", same_bits) if metric == METRIC else ("histograms", same_histogram)
    found = {}
    for series in data["result"]:
        labels = series["metric"]
        owner = (labels["writer"], labels["i"], labels["age"])
        if owner in found:
            findings.add("duplicated", f"series {owner}")
        points = found.setdefault(owner, {})
        sent = journal.sent.get(owner, {})
        deleted = journal.deleted.get(owner, {})
        for time_s, text in series[column]:
            time_ms = round(time_s * 1000)
            if time_ms in points:
                findings.add("duplicated", f"{owner} at {time_ms}")
            points[time_ms] = text
            if time_ms not in sent:
                findings.add("phantom", f"{owner} at {time_ms}: {text}")
            elif not same(text, sent[time_ms]):
                findings.add("altered", f"{owner} at {time_ms}: {text}, sent {sent[time_ms]}")
            if time_ms in deleted:
                findings.add("undeleted", f"{owner} at {time_ms}: {text}")
    for owner, entries in journal.acknowledged.items():
        points = found.get(owner, {})
        for time_ms in entries:
            if time_ms not in points:
                findings.add("lost", f"{owner} at {time_ms}")
    return sum(len(points) for points in found.values())


def check_logs(server, journal, findings):
    data = server.get_json("/loki/api/v1/query_range", {
        "query": '{app="kill_test"}', "start": str(time.time_ns() - 20 * 86400 * 10**9),
        "end": str(time.time_ns() + 3600 * 10**9), "limit": "5000000", "direction": "forward"})
    found = {}
    for stream in data["result"]:
        labels = stream["stream"]
        owner = (labels["writer"], labels["i"], labels["age"])
        lines = found.setdefault(owner, set())
        sent = journal.sent.get(owner, {})
        for time_ns, line in stream["values"]:
            key = (int(time_ns), line)
            if key in lines:
                findings.add("duplicated", f"{owner} {key}")
            lines.add(key)
            if key not in sent:
                findings.add("phantom", f"{owner} {key}")
    for owner, entries in journal.acknowledged.items():
        lines = found.get(owner, set())
        for key in entries:
            if key not in lines:
                findings.add("lost", f"{owner} {key}")
    return sum(len(lines) for lines in found.values())


def compact_repeatedly(address, ended):
    connection = HttpConnection(address, timeout_s=10)
    while not ended.is_set():
        try:
            connection.request("POST", "/api/v1/admin/tsdb/compact")
        except OSError:
            return


def load_and_kill(server, round_number, chance, journals):
    """Returns the writers, which have ended."""
    writers = [kind(server.address, first + number, round_number, chance.random(), journals[kind])
               for kind, first in ((MetricWriter, 0), (LogWriter, 100), (HistogramWriter, 200))
               for number in range(CONNECTIONS_PER_SIGNAL)]
    for writer in writers:
        writer.start()
    load_s = chance.uniform(*LOAD_S)
    compacts = round_number % 2 == 1
    ended = threading.Event()
    compaction = threading.Thread(target=compact_repeatedly, args=(server.address, ended),
                                  daemon=True)
    time.sleep(load_s * 0.7)
    if compacts:
        compaction.start()
    time.sleep(load_s * 0.3)
    server.kill()
    ended.set()
    for writer in writers:
        writer.ended.set()
        writer.join(15)
    if compacts:
        compaction.join(15)
    return writers


def main():
    print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
    chance = random.Random(SEED)
    server = Varved("--web.enable-admin-api", "--query.max-log-entries=5000000", name="kill")
    metrics, logs, histograms = Journal(), Journal(), Journal()
    journals = {MetricWriter: metrics, LogWriter: logs, HistogramWriter: histograms}
    findings = Findings()
    recoveries, refused = [], []
    server.start()
    for round_number in range(ROUNDS):
        for writer in load_and_kill(server, round_number, chance, journals):
            refused += writer.refused
        recoveries.append(server.start())
        read = [check_metrics(server, METRIC, metrics, findings),
                check_metrics(server, HISTOGRAM, histograms, findings),
                check_logs(server, logs, findings)]
        parts = [f"{journal.count()} {name} acknowledged, {count} read"
                 for name, journal, count in zip(("samples", "histograms", "lines"),
                                                 (metrics, histograms, logs), read)]
        print(f"round {round_number}: ready in {recoveries[-1] * 1000:.0f} ms, {', '.join(parts)}, "
              f"{metrics.count_deleted() + histograms.count_deleted()} deleted, "
              f"{findings.total()} wrong", flush=True)
        if findings.total():
            break
    # An orderly stop and a start must change nothing either.
    exit_code = server.stop()
    server.start()
    check_metrics(server, METRIC, metrics, findings)
    check_metrics(server, HISTOGRAM, histograms, findings)
    check_logs(server, logs, findings)
    server.stop()
    print(f"lost {findings.lost}, altered {findings.altered}, duplicated {findings.duplicated}, "
          f"phantom {findings.phantom}, undeleted {findings.undeleted}; recovery median "
          f"{sorted(recoveries)[len(recoveries) // 2] * 1000:.0f} ms, "
          f"longest {max(recoveries) * 1000:.0f} ms")
    for example in findings.examples + refused[:10]:
        print("FAIL", example)
    well = (findings.total() == 0 and not refused and exit_code == 0
            and max(recoveries) <= RECOVERY_S_MAX
            and all(journal.count() > 0 for journal in journals.values())
            and metrics.count_deleted() > 0 and histograms.count_deleted() > 0)
    if not well:
        print(f"exit code {exit_code}; varved's log ends with:\n{server.log_tail()}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
