#!/usr/bin/env python3
"""Sends the same samples to varved and to a real Prometheus, asks both the same requests, good ones
and bad ones, and compares status, content type and body byte for byte."""
import math
import sys

from prometheus_peer import free_port, start_prometheus
from varved_process import Varved, end_process, query_string, temporary_folder
from wire_format import FORM, STALE_NAN_BITS, write_samples

NUMBERS = (0.0, -0.0, 1.0, 0.1 + 0.2, 1e21, 1e20, 123456789012345678.0, 1.2345678901234568e20, 1e-6,
           9.999e-7, 1e-7, 5e-324, 1.7976931348623157e308, -1.5, math.nan, math.inf, -math.inf,
           100000.0, 3.141592653589793, 2.0**53, 2.0**53 + 2, 1 / 3)
ODD_VALUES = ("quote\"", "back\\slash", "line\nfeed", "<tag> & more", "grüße 漢 🎈", "tab\there",
              "\x01\x1f\x7f", "sep\u2028\u2029")
MINUTE_S = 60

SERIES = (
    [({"__name__": "numbers", "n": f"{i:02}"}, [(1_000_000, value)])
     for i, value in enumerate(NUMBERS)]
    + [({"__name__": "odd", "value": value}, [(1_000_000, 1.0)]) for value in ODD_VALUES]
    + [({"__name__": "requests_total", "job": job, "code": code},
        [(1_000_000 + i * 15_000, float(i * step)) for i in range(41)])
       for job in ("api", "web") for code, step in (("200", 10), ("404", 1), ("500", 0))]
    + [({"__name__": "gone", "job": "x"}, [(1_000_000, 1.0), (1_015_000, STALE_NAN_BITS)])]
    + [({"__name__": "early", "job": "x"}, [(1_000_001, 1.5), (1_000_780, 2.5)])]
    + [({"__name__": "utf8.name", "label with blank": "v"}, [(1_000_000, 1.0)])]
)

AT = {"time": "1300"}
RANGE = {"start": "1000", "end": "1600", "step": "60"}

# (path, parameters)
REQUESTS = (
    [("query", {"query": query, **AT}) for query in (
        "requests_total", "sum(requests_total)", "sum by (job) (rate(requests_total[1m]))", "1",
        "1+1", "\"text\"", "\"with \\\" and <\"", "vector(1)", "no_such_metric", "1/0",
        "-1/0", "0/0", "1e21", "1e-7", "0.000001", "123456789012345678", "requests_total[45s]",
        "time()",
        "requests_total[1m:15s]", "{\"utf8.name\"}", "{\"utf8.name\",\"label with blank\"=\"v\"}",
        "count({__name__=~\".+\"})", "topk(1, requests_total)", "sort(sum by (code) "
        "(requests_total))", "absent(nothing{a=\"b\"})", "requests_total == 1e9", "rate(odd[5m])",
        "label_replace(requests_total, \"a\", \"<$1>\", \"job\", \"(.*)\")",
        "quantile(2, requests_total)", "histogram_quantile(0.9, requests_total)",
        "requests_total @ 1010", "-requests_total{code=\"200\"}", "gone", "gone @ 1010",
        "count(limitk(2, requests_total))", "last_over_time(requests_total[1m])")]
    + [("query", {"query": "numbers", "time": "1000"}), ("query", {"query": "odd", "time": "1000"}),
       ("query", {"query": "early[1m]", "time": "1001"}), ("query", {"query": "up", "time": "4"}),
       ("query", {"query": "1+1", "time": "4"}), ("query", {"query": "1", "time": "1.5"}),
       ("query", {"query": "1", "time": "1.0004"}), ("query", {"query": "1", "time": "0.78"}),
       ("query", {"query": "1", "time": "-1.5"}), ("query", {"query": "1", "time": "1e3"}),
       ("query", {"query": "1", "time": "1970-01-01T00:10:00.25Z"}),
       ("query", {"query": "1", "time": "2026-08-21T10:00:00+02:00"}),
       ("query", {"query": "requests_total{job=\"api\"}", **AT, "limit": "3"}),
       ("query", {"query": "requests_total", **AT, "timeout": "10s"}),
       ("query", {"query": "requests_total", **AT, "lookback_delta": "1s"})]
    + [("query_range", {"query": query, **RANGE}) for query in (
        "requests_total{job=\"api\"}", "sum by (job) (rate(requests_total[1m]))", "1", "time()",
        "vector(time())", "gone", "nothing", "count_over_time(requests_total[1m])",
        "scalar(nothing)", "requests_total > 50", "1/0")]
    + [("query_range", {"query": "requests_total", "start": "1000.5", "end": "1100.25",
                        "step": "12.5"}),
       ("query_range", {"query": "requests_total", "start": "1970-01-01T00:16:40Z",
                        "end": "1970-01-01T00:20:00Z", "step": "1m"}),
       ("query_range", {"query": "requests_total", **RANGE, "limit": "1"}),
       ("query_range", {"query": "1", "start": "0", "end": "10999", "step": "1"})]
    # Wrong requests.
    + [("query", params) for params in (
        {"query": "1", "time": "noon"},
        {"query": "sum("}, {"query": "up{"}, {"query": "up{a=}"}, {"query": "foo bar"},
        {"query": "rate(up)"}, {"query": "up["}, {"query": "up[5m"}, {"query": "up[0s]"},
        {"query": "{}"}, {"query": "{a=~\".*\"}"},
        {"query": "no_such_function(1)"}, {"query": "sum by (job) up"}, {"query": "1 + \"a\""},
        {"query": "rate(up[5m]) + up[5m]"}, {"query": "\"unterminated"},
        {"query": "up{a=\"b\",}}"}, {"query": "sum(up) by"}, {"query": "🎈"}, {"query": "#"},
        {"query": "1", "timeout": "soon"}, {"query": "1", "limit": "-1"},
        {"query": "1", "time": "1", "lookback_delta": "0"}, {"query": "1", "timeout": "-1s"},
        {"query": "label_replace(requests_total, \"job\", \"\", \"\", \"\")", **AT},
        {"query": "label_replace(requests_total, \"0x\", \"\", \"job\", \"(\")", **AT},
        {"query": "{__name__=~\"requests_total|odd\"} * 0", **AT},
        {"query": "sum(rate({job=~\".+\"}[5m])) + {job=\"api\"}", **AT},
        {"query": "count_values(\"a\\xff\", requests_total)", **AT})]
    + [("query_range", params) for params in (
        {}, {"query": "1"}, {"query": "1", "start": "x", "end": "2", "step": "1"},
        {"query": "1", "start": "1", "end": "y", "step": "1"},
        {"query": "1", "start": "2", "end": "1", "step": "1"},
        {"query": "1", "start": "1", "end": "2", "step": "0"},
        {"query": "1", "start": "1", "end": "2", "step": "-1"},
        {"query": "1", "start": "1", "end": "2", "step": "z"},
        {"query": "1", "start": "0", "end": "11001", "step": "1"},
        {"query": "1", "start": "0", "end": "11000", "step": "1"},
        {"query": "1", "start": "1", "end": "200", "step": "0.0001"},
        {"query": "1", "start": "1", "end": "2", "step": "1e-9"},
        {"query": "1", "start": "1", "end": "2"},
        {"query": "requests_total[5m]", **RANGE}, {"query": "\"a\"", **RANGE},
        {"query": "sum(", **RANGE})]
    # Metadata.
    + [(path, params) for path in ("labels", "label/__name__/values", "label/job/values",
                                   "label/value/values", "label/nothing/values",
                                   "label/U__utf8_2e_name/values")
       for params in ({}, {"match[]": "requests_total"}, {"limit": "100"},
                      {"start": "1000", "end": "1600"}, {"match[]": ["odd", "gone"]},
                      {"match[]": "{job=\"api\"}", "start": "1100", "end": "1200"})]
    + [("series", params) for params in (
        {"match[]": "requests_total"}, {"match[]": "odd"}, {"match[]": ["gone", "early"]},
        {"match[]": "requests_total{job=\"api\"}", "limit": "1"}, {"match[]": "nothing"}, {},
        {"match[]": "{"}, {"match[]": "{}"}, {"match[]": "sum(up)"},
        {"match[]": "gone", "start": "x"}, {"match[]": "gone", "limit": "x"},
        {"match[]": "gone", "start": "2", "end": "1"})]
    + [(path, {"match[]": text}) for path in ("labels", "label/job/values")
       for text in ("{", "{}", "1", "rate(x[5m])", "{job=~\".*\"}", "")]
    + [("labels", {"start": "x"}), ("labels", {"limit": "-2"}),
       ("label/0bad-name/values", {}), ("label/job/values", {"end": "q"}),
       ("query_exemplars", {"query": "test", "start": "1", "end": "2"}),
       ("query_exemplars", {"query": "1 + 2", "start": "1", "end": "2"}),
       ("query_exemplars", {"query": "(", "start": "1", "end": "2"}),
       ("query_exemplars", {"query": "test", "start": "2", "end": "1"}),
       ("format_query", {"query": "sum(up)by(job)/2"}), ("format_query", {"query": "sum("}),
       ("parse_query", {"query": "1 + 2"}),
       ("metadata", {}), ("metadata", {"metric": "x"}), ("no_such_path", {}),
       ("targets/x", {})]
)

# Not asked: texts of regular expressions that cannot be compiled are RE2's, an empty query has a
# position, labels outside of the asked time are left out only as far as the index knows, and a limit
# takes the first series in the order of their labels.


def answer(server, method, path, params):
    if method == "GET":
        status, headers, body = server.get(f"/api/v1/{path}", params)
    else:
        status, headers, body = server.post(f"/api/v1/{path}", query_string(params)[1:].encode(),
                                            FORM)
    return status, headers.get("Content-Type"), body


def normal_form(got, path, params):
    """Series in the order of their texts, everything else as it came: Prometheus has no order."""
    status, content_type, body = got
    if status != 200 or path not in ("query", "query_range", "series") or "sort" in str(params):
        return got
    key = b"" if path == "series" else b'"metric":'
    head, separator, series = body.partition(b":[{" + key)
    texts = sorted(text.rstrip(b"]}") for text in series.split(b"},{" + key))
    return status, content_type, head, separator, texts


def main():
    varved = Varved(name="answers")
    varved.start()
    port = free_port()
    peer, process = start_prometheus(temporary_folder("prometheus"), port,
                                     "global: {scrape_interval: 1h}\n",
                                     "--web.enable-remote-write-receiver",
                                     "--storage.tsdb.retention.time=100y")
    for server in (varved, peer):
        for series in SERIES:
            status, body = write_samples(server, [series])
            if status != 204:
                print(f"FAIL write to {server.address}: {status} {body!r} for {series[0]}")
                return 1
    failures = count = 0
    for path, params in REQUESTS:
        for method in ("GET", "POST"):
            if method == "POST" and path not in ("query", "query_range", "series", "labels"):
                continue
            count += 1
            theirs, mine = answer(peer, method, path, params), answer(varved, method, path, params)
            if normal_form(mine, path, params) != normal_form(theirs, path, params):
                failures += 1
                if method == "GET":
                    print(f"FAIL {method} {path} {params}\n  mine {mine}\n  want {theirs}")
    print(f"{count} requests, {failures} answered otherwise", flush=True)
    end_process(process)
    return 1 if failures or varved.stop() != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
