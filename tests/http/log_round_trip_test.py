#!/usr/bin/env python3
"""log_round_trip_test.py [--entries N] [--seed N]: generated and fuzzed log entries (binary bytes,
empty, 256 KiB, Unicode, terminal colours, broken JSON) through everything that keeps or moves them:
in a database of their own the head, the write-ahead log, parts as they are flushed and merged parts
(log_lines/store_steps.h); then a server that is pushed to, killed and restarted, exported from, and
another one that imports the export. After each step all come back byte for byte, in order and once.
Rounds of half a million lie in days of their own; 10,000,000 entries is what a release is tested
with."""
import argparse
import os
import resource
import subprocess
import sys
import time

from varved_process import Varved, find_binary, temporary_folder

ROUND_ENTRIES = 500_000
STREAMS = 16
FIRST_DAY = 20_700  # since 1970
DAY_S = 86_400
FLAGS = ("--web.enable-admin-api", "--storage.flush-interval=10h")


class Failed(Exception):
    pass


class RoundTrip:
    def __init__(self, entries, seed):
        self.lines = find_binary("LOG_LINES", "tests/http/log_lines")
        self.varve = find_binary("VARVE", "tools/varve")
        self.first = Varved(*FLAGS, name="round-trip")
        self.second = Varved(*FLAGS, name="round-trip-2")
        self.folder = temporary_folder("round-trip-export")
        self.export_path = os.path.join(self.folder, "export.jsonl")
        self.entries, self.seed = entries, seed
        self.seconds = {}
        self.compared = 0

    def step(self, name, action):
        begin = time.monotonic()
        action()
        self.seconds[name] = self.seconds.get(name, 0) + time.monotonic() - begin

    def check(self, name, server, day, count):
        """Exports a day and compares it."""
        def run():
            done = subprocess.run(
                [self.varve, "logs", "export", '{test=~".+"}', "--url", server.url, "--from",
                 str(day * DAY_S), "--to", str((day + 1) * DAY_S), "--file", self.export_path],
                capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Failed(f"{name}: export: {done.stderr}")
            with open(self.export_path, "rb") as export:
                done = subprocess.run(
                    [self.lines, "compare", str(self.seed + day), str(count), str(day)],
                    stdin=export, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Failed(f"{name}, day {day}, seed {self.seed}: {done.stderr[:1000]}")
            self.compared += count
        self.step(f"compare {name}", run)

    def generate(self, day, count):
        source = subprocess.Popen(
            [self.lines, "generate", str(self.seed + day), str(count), str(day)],
            stdout=subprocess.PIPE)
        done = subprocess.run([self.varve, "logs", "import", "-", "--url", self.first.url],
                              stdin=source.stdout, capture_output=True, text=True, check=False)
        source.stdout.close()
        if source.wait() != 0 or done.returncode != 0:
            raise Failed(f"import: {done.stderr}")

    def copy(self):
        done = subprocess.run(
            [self.varve, "logs", "import", self.export_path, "--url", self.second.url],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"import of the export: {done.stderr}")

    def store(self, day, count):
        """The steps of a database alone."""
        done = subprocess.run([self.lines, "store", str(self.seed + day), str(count), str(day),
                               os.path.join(self.folder, "store")],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"store, day {day}, seed {self.seed}: {done.stderr[:1000]}")
        for line in done.stdout.splitlines():
            seconds, name = line.split(" ", 1)
            self.seconds["store: " + name] = self.seconds.get("store: " + name, 0) + float(seconds)
            self.compared += count if name.startswith("compare") else 0

    def restart(self):
        self.first.kill()
        self.first.start()

    def run_round(self, number, count):
        day = FIRST_DAY + number
        self.store(day, count)
        self.step("import what is generated", lambda: self.generate(day, count))
        self.check("as it was pushed", self.first, day, count)
        self.step("kill and restart", self.restart)
        self.check("after a kill", self.first, day, count)
        self.step("compact", self.first.compact)
        self.check("compacted", self.first, day, count)
        self.step("import the export", self.copy)
        self.check("in the other server", self.second, day, count)

    def run(self):
        self.first.start()
        self.second.start()
        left, number = self.entries, 0
        while left > 0:
            count = max(min(left, ROUND_ENTRIES) // STREAMS, 1) * STREAMS
            self.run_round(number, count)
            left, number = left - count, number + 1
            print(f"{self.entries - max(left, 0):,} entries", flush=True)
        for server in (self.first, self.second):
            if server.stop() != 0:
                raise Failed(f"varved did not stop well: {server.log_tail()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    test = RoundTrip(options.entries, options.seed)
    try:
        test.run()
    except Failed as failure:
        print("FAIL", failure)
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name, seconds in test.seconds.items():
        print(f"{name:34} {seconds:8.1f} s")
    print(f"{test.compared:,} entries compared, CPU {used.ru_utime + used.ru_stime:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
