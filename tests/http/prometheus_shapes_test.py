#!/usr/bin/env python3
"""Asks varved and a real Prometheus for what cannot be equal byte for byte (statistics, status,
administration, other origins), and compares status, headers that matter, keys, their order and
their types. Samples that a query counts have to be equal."""
import json
import sys

from prometheus_peer import free_port, start_prometheus
from varved_process import Varved, end_process, query_string, temporary_folder
from wire_format import FORM, write_samples

ORIGINS = r"https://(grafana|play)\.example"
FLAGS = ("--web.enable-admin-api", "--web.enable-lifecycle", f"--web.cors.origin={ORIGINS}")

SERIES = (
    [({"__name__": "requests_total", "job": job, "code": code},
      [(1_000_000 + i * 15_000, float(i * step)) for i in range(41)])
     for job in ("api", "web") for code, step in (("200", 10), ("404", 1))]
    + [({"__name__": "sparse", "job": "api"}, [(1_000_000 + i * 70_000, float(i)) for i in range(9)])]
)
RANGE = {"start": "1000", "end": "1600", "step": "60"}
AT = {"time": "1300"}

# Samples that these read have to be counted alike, step by step.
COUNTED = ("requests_total", "requests_total{job=\"api\"}", "sum(requests_total)", "sparse",
           "rate(requests_total[1m])", "sum by (job) (rate(requests_total[5m]))",
           "requests_total + on (job, code) requests_total", "1", "vector(1)", "nothing",
           "requests_total @ 1200", "rate(requests_total[1m] @ 1200)", "-requests_total",
           "max_over_time(requests_total[2m:15s])", "sum_over_time(sparse[3m:30s])",
           "requests_total offset 1m", "topk(1, requests_total)", "timestamp(requests_total)",
           "count_over_time(sparse[4m] offset 1m)", "absent(nothing)", "sparse > 3",
           "max_over_time(rate(requests_total[1m])[3m:30s])")

# (method, path, parameters): status, content type and the shape of the body are compared.
SHAPES = (
    [("GET", "/api/v1/query", {"query": "requests_total", **AT, "stats": stats})
     for stats in ("all", "true", "other")]
    + [("POST", "/api/v1/query", {"query": "sum(requests_total)", **AT, "stats": "true"}),
       ("GET", "/api/v1/query_range", {"query": "requests_total", **RANGE, "stats": "all"}),
       ("GET", "/api/v1/status/runtimeinfo", {}), ("GET", "/api/v1/status/buildinfo", {}),
       ("GET", "/api/v1/status/config", {}), ("GET", "/api/v1/status/walreplay", {}),
       ("GET", "/api/v1/status/tsdb", {}), ("GET", "/api/v1/status/tsdb", {"limit": "1"})])
# What the head consists of; only lists that are not cut are in one order.
HEAD = (("GET", "/api/v1/status/tsdb", {"limit": "10000"}),)

# The same, and the body has to be the same, too.
EXACT = (
    [("GET", path, {}) for path in (
        "/api/v1/notifications", "/api/v1/rules", "/api/v1/alerts", "/api/v1/alertmanagers",
        "/api/v1/targets", "/api/v1/targets/metadata", "/api/v1/scrape_pools",
        "/api/v1/no_such_path")]
    + [("GET", "/api/v1/targets", {"state": state}) for state in ("active", "dropped", "any", "x")]
    + [("GET", "/api/v1/status/tsdb", {"limit": limit}) for limit in ("0", "-1", "x")]
    + [("GET", "/api/v1/targets/metadata", {"limit": "x"}),
       ("GET", "/api/v1/targets/metadata", {"match_target": "{"}),
       ("GET", "/api/v1/rules", {"type": "alert"}), ("GET", "/api/v1/rules", {"type": "odd"}),
       ("GET", "/api/v1/rules", {"exclude_alerts": "odd"}),
       ("GET", "/api/v1/rules", {"group_limit": "-1"}), ("GET", "/api/v1/rules", {"match[]": "{"}),
       ("GET", "/api/v1/rules", {"group_limit": "x"}),
       ("GET", "/federate", {"match[]": "{"}), ("GET", "/federate", {"match[]": "1"}),
       ("GET", "/federate", {"match[]": ""}),
       ("GET", "/api/v1/rules", {"group_next_token": "x"}),
       ("GET", "/api/v1/query", {"query": "1", "lookback_delta": "x"}),
       ("GET", "/api/v1/query", {"query": "1", "limit": "x"}),
       ("GET", "/api/v1/admin/tsdb/snapshot", {}),
       ("POST", "/api/v1/admin/tsdb/snapshot", {"skip_head": "odd"}),
       ("POST", "/api/v1/admin/tsdb/delete_series", {}),
       ("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": "{"}),
       ("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": "nothing", "start": "x"}),
       ("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": "nothing", "end": "x"}),
       ("POST", "/api/v1/admin/tsdb/clean_tombstones", {}),
       ("POST", "/-/reload", {}), ("PUT", "/-/reload", {})])
DELETIONS = (("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": "nothing"}),
             ("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": "{}"}),
             ("PUT", "/api/v1/admin/tsdb/delete_series", {"match[]": "nothing", "end": "5"}),
             ("POST", "/api/v1/admin/tsdb/delete_series", {"match[]": 'requests_total{code="404"}'}),
             ("PUT", "/api/v1/admin/tsdb/delete_series",
              {"match[]": 'requests_total{job="web"}', "start": "1210", "end": "1300"}))
# What is left after them, before and after they were made physical.
LEFT = tuple(("GET", "/api/v1/query", {"query": query, "time": "1700"})
             for query in ('count({job!=""})', "requests_total{job=\"web\"}[20m]",
                           "sum by (job) (count_over_time(requests_total[20m]))"))
CLEANING = (("POST", "/api/v1/admin/tsdb/clean_tombstones", {}),)
SNAPSHOTS = (("POST", "/api/v1/admin/tsdb/snapshot", {}),
             ("PUT", "/api/v1/admin/tsdb/snapshot", {}),
             ("POST", "/api/v1/admin/tsdb/snapshot", {"skip_head": "true"}))
WITHOUT_FLAGS = (("POST", "/-/quit", {}), ("PUT", "/-/reload", {}),
                 ("POST", "/api/v1/admin/tsdb/snapshot", {}),
                 ("PUT", "/api/v1/admin/tsdb/delete_series", {"match[]": "x"}))

ORIGIN_REQUESTS = [(method, path, origin)
                   for method, path in (("GET", "/api/v1/labels"), ("OPTIONS", "/api/v1/query"),
                                        ("OPTIONS", "/api/v1/no_such_path"),
                                        ("GET", "/api/v1/query?query=sum("))
                   for origin in (None, "https://grafana.example", "https://play.example",
                                  "https://evil.example", "xhttps://grafana.example")]
ORIGIN_HEADERS = ("Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Headers",
                  "Access-Control-Allow-Methods", "Access-Control-Expose-Headers")


class Comparison:
    def __init__(self, varved, peer):
        self.varved, self.peer = varved, peer
        self.count = self.failures = 0

    def check(self, what, mine, want):
        self.count += 1
        if mine != want:
            self.failures += 1
            print(f"FAIL {what}\n  mine {mine}\n  want {want}")

    def ask(self, server, method, path, params):
        if method == "GET":
            return server.get(path, params)
        return server.request(method, path, query_string(params)[1:].encode(),
                              {"Content-Type": FORM} if method == "POST" else {})

    def compare(self, requests, view):
        for method, path, params in requests:
            target = (method, path, params)
            if method == "PUT":  # its form is in the URL: Go reads bodies of PUT, too
                target = (method, path + query_string(params), {})
            mine, want = (view(self.ask(server, *target)) for server in (self.varved, self.peer))
            self.check(f"{method} {path} {params}", mine, want)


def shape(value):
    """Keys in their order and types; lists by their first element, texts of labels as texts."""
    if isinstance(value, dict):
        return {"keys": list(value), "of": {key: shape(item) for key, item in value.items()}}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return str(value)
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def without_what_differs(data):
    """3.5 has no samplesRead, and steps only where a flag asks for them; lists of the head's labels
    are of other lengths."""
    stats = data.get("data", {}) if isinstance(data.get("data"), dict) else {}
    samples = stats.get("stats", {}).get("samples", {})
    for key in ("samplesRead", "samplesReadPerStep"):
        samples.pop(key, None)
    for key in ("seriesCountByMetricName", "labelValueCountByLabelName",
                "memoryInBytesByLabelName", "seriesCountByLabelValuePair"):
        if key in stats:
            stats[key] = []
    return data


def shape_view(answer):
    status, headers, body = answer
    parsed = without_what_differs(json.loads(body)) if body else None
    return status, headers.get("Content-Type"), shape(parsed)


def exact_view(answer):
    status, headers, body = answer
    # Prometheus's router has a line end behind its texts; the type of an empty body says nothing.
    return status, headers.get("Content-Type") if body else None, body.strip()


def head_view(answer):
    """Prometheus cuts chunks of 120 samples, and orders names of equal counts as it likes."""
    data = json.loads(answer[2])["data"]
    data["headStats"].pop("chunkCount")
    return {key: value if key == "headStats" else sorted(map(json.dumps, value))
            for key, value in data.items()}


def counted_view(answer):
    samples = json.loads(answer[2])["data"]["stats"]["samples"]
    return samples["totalQueryableSamples"], samples["totalQueryableSamplesPerStep"]


def origin_view(answer):
    status, headers, _ = answer
    values = {name: headers.get_all(name) for name in ORIGIN_HEADERS}
    return status, values


def main():
    varved = Varved(*FLAGS, name="shapes")
    varved.start()
    peer, process = start_prometheus(
        temporary_folder("prometheus"), free_port(), "global: {scrape_interval: 1h}\n",
        "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y",
        "--enable-feature=promql-per-step-stats", *FLAGS)
    for server in (varved, peer):
        status, body = write_samples(server, list(SERIES))
        if status != 204:
            print(f"FAIL write to {server.address}: {status} {body!r}")
            return 1
    comparison = Comparison(varved, peer)
    comparison.compare([("GET", "/api/v1/query", {"query": query, **AT, "stats": "all"})
                        for query in COUNTED], counted_view)
    comparison.compare([("GET", "/api/v1/query_range", {"query": query, **RANGE, "stats": "all"})
                        for query in COUNTED], counted_view)
    comparison.compare(EXACT, exact_view)
    comparison.compare(SHAPES, shape_view)
    comparison.compare(HEAD, head_view)
    comparison.compare(DELETIONS, exact_view)
    comparison.compare(LEFT, exact_view)
    comparison.compare(SNAPSHOTS, shape_view)
    comparison.compare(CLEANING, exact_view)
    comparison.compare(LEFT, exact_view)
    for method, path, origin in ORIGIN_REQUESTS:
        headers = {"Origin": origin} if origin else {}
        mine, want = (origin_view(server.request(method, path, headers=headers))
                      for server in (varved, peer))
        comparison.check(f"{method} {path} from {origin}", mine, want)
    end_process(process)
    if varved.stop() != 0:
        comparison.check("exit code of varved", 1, 0)
    plain = Varved(name="shapes-plain")
    plain.start()
    peer, process = start_prometheus(temporary_folder("prometheus"), free_port(), "global: {}\n")
    defaults = Comparison(plain, peer)
    defaults.compare(WITHOUT_FLAGS, exact_view)
    end_process(process)
    failures = comparison.failures + defaults.failures
    print(f"{comparison.count + defaults.count} comparisons, {failures} different", flush=True)
    return 1 if failures or plain.stop() != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
