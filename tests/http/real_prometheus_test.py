#!/usr/bin/env python3
"""A real Prometheus scrapes itself and a real node exporter once a second, and writes what it
scrapes to varved; then both are asked the same expressions over a range that is past, and must give
the same series and the same values.

Prometheus is fetched and kept in build/peers; without it, or without the node exporter, the test is
skipped. VARVE_E2E_SECONDS is how long is scraped, 60 by default."""
import json
import math
import os
import re
import shutil
import struct
import sys
import time

from prometheus_peer import free_port, start_prometheus
from real_prometheus_expressions import EXPRESSIONS
from varved_process import (Varved, end_process, skip, start_process, temporary_folder,
                            wait_until)

SCRAPE_S = float(os.environ.get("VARVE_E2E_SECONDS", "60"))
RELATIVE_ERROR_MAX = 1e-12
DRAIN_TIMEOUT_S = 60
SAMPLES_MIN = 10_000
EXPRESSIONS_MIN = 60
# The expressions with a negative offset look this far ahead.
OFFSET_AHEAD_S = 5

# Answers whose order says something.
ORDERED = re.compile(r"^(topk|bottomk|sort)")
# These pick among equal values by the order of the storage, which is not part of the language.
PICKS = re.compile(r"^(topk|bottomk)")


def config_of(prometheus_port, exporter_port, varved_url):
    return f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{prometheus_port}"]}}]}}
  - {{job_name: node, static_configs: [{{targets: ["127.0.0.1:{exporter_port}"]}}]}}
remote_write:
  - url: {varved_url}/api/v1/write
    queue_config: {{batch_send_deadline: 1s}}
"""


def start_peers(varved):
    """The Prometheus, and the two processes."""
    exporter_binary = shutil.which("prometheus-node-exporter")
    if not exporter_binary:
        skip("prometheus-node-exporter is not installed")
    folder = temporary_folder("prometheus")
    exporter_port, prometheus_port = free_port(), free_port()
    exporter = start_process([exporter_binary, f"--web.listen-address=127.0.0.1:{exporter_port}"],
                             os.path.join(folder, "exporter.log"))
    peer, process = start_prometheus(folder, prometheus_port,
                                     config_of(prometheus_port, exporter_port, varved.url))
    return peer, [process, exporter]


def make_traffic(peer, until):
    """Requests, so that Prometheus's own histograms of requests have something in them."""
    paths = ("/api/v1/query?query=up", "/api/v1/labels", "/metrics", "/api/v1/no_such_path",
             "/api/v1/query_range?query=rate(up[10s])&start=0&end=10&step=1")
    while time.time() < until:
        for path in paths:
            peer.get(path)
        time.sleep(0.5)


def raw_samples(server, start_s, end_s):
    """{labels: [(time, value text)]} of everything."""
    return values_of(server, "query", {"query": f'{{__name__!=""}}[{end_s - start_s}s]',
                                       "time": f"{end_s:.3f}"})[1]


def times_only(samples):
    return {labels: [time_s for time_s, _ in points] for labels, points in samples.items()}


def wait_drained(varved, peer, start_s, end_s):
    want = times_only(raw_samples(peer, start_s, end_s))
    try:
        wait_until(lambda: times_only(raw_samples(varved, start_s, end_s)) == want, DRAIN_TIMEOUT_S,
                   "remote write has delivered the compared range", pause_s=1)
    except TimeoutError as late:
        print(late, flush=True)  # the comparison says what is missing


def values_of(server, path, params):
    """The answer's result in a form that compares: (type, {labels: [(time, value text)]})."""
    data = server.get_json(f"/api/v1/{path}", params)
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return kind, {"": [tuple(result)]}
    values = {}
    for series in result:
        key = json.dumps(series["metric"], sort_keys=True)
        if key in values:
            raise ValueError(f"the series {key} comes twice")
        values[key] = [tuple(point) for point in series.get("values") or [series["value"]]]
    return kind, values


def same_number(mine, theirs):
    if mine == theirs:
        return True
    a, b = float(mine), float(theirs)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return abs(a - b) <= RELATIVE_ERROR_MAX * max(abs(a), abs(b))


def difference(mine, theirs, expression):
    """None when both answers are the same, else what differs first."""
    if mine[0] != theirs[0]:
        return f"type {mine[0]}, want {theirs[0]}"
    if set(mine[1]) != set(theirs[1]):
        extra, missing = set(mine[1]) - set(theirs[1]), set(theirs[1]) - set(mine[1])
        return (f"{len(extra)} series too many {sorted(extra)[:2]}, "
                f"{len(missing)} missing {sorted(missing)[:2]}")
    if ORDERED.match(expression) and not PICKS.match(expression):
        if list(mine[1]) != list(theirs[1]):
            return f"order {list(mine[1])[:3]}, want {list(theirs[1])[:3]}"
    for labels, points in theirs[1].items():
        own = mine[1][labels]
        if [point[0] for point in own] != [point[0] for point in points]:
            return f"{labels}: {len(own)} points, want {len(points)}, or other times"
        for (time_s, a), (_, b) in zip(own, points):
            if not same_number(a, b):
                return f"{labels} at {time_s}: {a}, want {b}"
    return None


def questions(start_s, end_s):
    """(path, parameters) of everything asked, with the expression."""
    at = f"{(start_s + end_s) / 2:.3f}"
    for template in EXPRESSIONS:
        expression = template.replace("$AT", at)
        for time_s in (at, f"{end_s:.3f}"):
            yield expression, "query", {"query": expression, "time": time_s}
        for step in ("1", "7"):
            yield expression, "query_range", {"query": expression, "start": f"{start_s:.3f}",
                                              "end": f"{end_s:.3f}", "step": step}


def compare(varved, peer, start_s, end_s):
    failures = []
    count = empty = 0
    for expression, path, params in questions(start_s, end_s):
        count += 1
        try:
            theirs = values_of(peer, path, params)
            mine = values_of(varved, path, params)
            found = difference(mine, theirs, expression)
            empty += not theirs[1]
        except (ValueError, OSError) as error:
            found = str(error)
        if found:
            where = params.get("step", params.get("time"))
            failures.append(f"{path} {expression} {where}: {found}")
    print(f"{len(EXPRESSIONS)} expressions, {count} questions, {empty} with an empty answer, "
          f"{len(failures)} different", flush=True)
    return failures


def compare_metadata(varved, peer, start_s, end_s):
    """What the query builder of Grafana asks."""
    bounds = {"start": f"{start_s:.3f}", "end": f"{end_s:.3f}"}
    failures = []
    asked = (("labels", {}), ("label/__name__/values", {}), ("label/mode/values", {}),
             ("label/job/values", {"match[]": "node_load1"}))
    for path, params in asked:
        mine = varved.get_json(f"/api/v1/{path}", {**bounds, **params})
        theirs = peer.get_json(f"/api/v1/{path}", {**bounds, **params})
        if mine != theirs:
            failures.append(f"{path} {params}: only mine {sorted(set(mine) - set(theirs))[:5]}, "
                            f"only theirs {sorted(set(theirs) - set(mine))[:5]}")
    selector = {**bounds, "match[]": ['node_cpu_seconds_total{mode="idle"}', 'up']}
    def sort_key(labels):
        return json.dumps(labels, sort_keys=True)
    if sorted(varved.get_json("/api/v1/series", selector), key=sort_key) != sorted(
            peer.get_json("/api/v1/series", selector), key=sort_key):
        failures.append("series differ")
    return failures


def bits_of(value_text):
    return struct.pack("<d", float(value_text))


def compare_raw(varved, peer, start_s, end_s):
    """Every sample with its timestamp and its bits, stale markers by their gaps."""
    mine, theirs = raw_samples(varved, start_s, end_s), raw_samples(peer, start_s, end_s)
    samples = sum(len(points) for points in theirs.values())
    differing = [labels for labels in set(mine) | set(theirs)
                 if [(t, bits_of(v)) for t, v in mine.get(labels, [])]
                 != [(t, bits_of(v)) for t, v in theirs.get(labels, [])]]
    print(f"{len(theirs)} series, {samples} raw samples compared, "
          f"{len(differing)} series different", flush=True)
    failures = [f"raw samples differ: {labels}" for labels in sorted(differing)[:5]]
    if samples < SAMPLES_MIN and SCRAPE_S >= 30:
        failures.append(f"only {samples} samples arrived, want {SAMPLES_MIN}")
    return failures


def main():
    if len(EXPRESSIONS) < EXPRESSIONS_MIN:
        return 1
    varved = Varved("--web.enable-admin-api", plain=False, name="real-prometheus")
    varved.start()
    peer, processes = start_peers(varved)
    begin_s = time.time()
    make_traffic(peer, begin_s + SCRAPE_S)
    # Whole seconds, all of them past: what is compared must not change while it is compared.
    first_s, last_s = math.floor(begin_s) - 10, math.floor(time.time() - 2)
    start_s, end_s = math.ceil(begin_s + SCRAPE_S / 3), last_s - OFFSET_AHEAD_S
    wait_drained(varved, peer, first_s, last_s)
    failures = compare_raw(varved, peer, first_s, last_s)
    failures += compare(varved, peer, start_s, end_s)
    failures += compare_metadata(varved, peer, start_s, end_s)

    # The same from parts, with nothing in memory that was written before.
    varved.compact()
    failures += compare_raw(varved, peer, first_s, last_s)
    failures += compare(varved, peer, start_s, end_s)
    for process in processes:
        end_process(process)
    if varved.stop() != 0:
        failures.append(f"varved did not stop well: {varved.log_tail()}")
    for failure in failures:
        print("FAIL", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
