#!/usr/bin/env python3
"""Real Prometheuses at both ends of varved: one scrapes itself (native histograms, by protobuf) and
an exporter with exemplars, and writes by remote write 2.0; another has no data of its own and reads
varved's by remote read; a third scrapes varved's /federate. All must give the same answers about a
range that is past.

Prometheus is fetched and kept in build/peers; without it the test is skipped. VARVE_E2E_SECONDS is
how long is scraped, 30 by default."""
import http.server
import json
import math
import os
import sys
import threading
import time

from prometheus_peer import free_port, start_prometheus
from varved_process import Varved, end_process, temporary_folder, wait_until

SCRAPE_S = float(os.environ.get("VARVE_E2E_SECONDS", "30"))
DRAIN_TIMEOUT_S = 60
RELATIVE_ERROR_MAX = 1e-12
SAMPLES_MIN = 2_000
HISTOGRAMS_MIN = 20

JOBS = "prometheus|orders"
HISTOGRAM = "prometheus_http_request_duration_seconds"
EXPRESSIONS = (
    "up",
    "sum by (job) (rate(orders_total[10s]))",
    "rate(prometheus_tsdb_head_samples_appended_total[10s])",
    "histogram_quantile(0.9, sum by (le) (rate(order_seconds_bucket[10s])))",
)
HISTOGRAM_EXPRESSIONS = (
    HISTOGRAM,
    f"rate({HISTOGRAM}[10s])",
    f"sum(rate({HISTOGRAM}[10s]))",
    f"histogram_quantile(0.9, sum by (handler) (rate({HISTOGRAM}[10s])))",
    f"histogram_count({HISTOGRAM})",
    f"histogram_sum(increase({HISTOGRAM}[10s]))",
    f"histogram_fraction(0, 0.01, {HISTOGRAM})",
    f"count_over_time({HISTOGRAM}[10s])",
    f"resets({HISTOGRAM}[20s])",
)
EXEMPLAR_QUERIES = ("orders_total", "order_seconds_bucket", "rate(orders_total[5m]) + no_such_metric",
                    'orders_total{job="none"}')


class Exporter(http.server.BaseHTTPRequestHandler):
    """Orders that are counted and timed, each scrape with newer exemplars, in OpenMetrics."""
    scrapes = 0

    def do_GET(self):
        Exporter.scrapes += 1
        n, now = Exporter.scrapes, time.time()
        lines = ["# TYPE orders counter", "# HELP orders Orders taken.",
                 f'orders_total{{kind="new"}} {n * 3} # {{trace_id="t{n}",span_id="s"}} 1 {now:.3f}',
                 f'orders_total{{kind="old"}} {n}',
                 "# TYPE order_seconds histogram", "# UNIT order_seconds seconds",
                 "# HELP order_seconds Time an order takes."]
        count = 0
        for i, bound in enumerate(("0.1", "0.5", "1.0", "+Inf")):
            count += n * (i + 1)
            exemplar = f' # {{trace_id="b{i}-{n}"}} {0.05 * (i + 1)} {now:.3f}' if i < 3 else ""
            lines.append(f'order_seconds_bucket{{le="{bound}"}} {count}{exemplar}')
        lines += [f"order_seconds_count {count}", f"order_seconds_sum {count * 0.3}", "# EOF", ""]
        body = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Type",
                         "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def start_exporter():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def start_writer(varved, exporter_port):
    port = free_port()
    config = f"""
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
  - {{job_name: orders, static_configs: [{{targets: ["127.0.0.1:{exporter_port}"]}}]}}
remote_write:
  - url: {varved.url}/api/v1/write
    protobuf_message: io.prometheus.write.v2.Request
    send_exemplars: true
    send_native_histograms: true
    queue_config: {{batch_send_deadline: 1s}}
"""
    return start_prometheus(temporary_folder("writer"), port, config,
                            "--enable-feature=native-histograms",
                            "--enable-feature=exemplar-storage",
                            "--enable-feature=metadata-wal-records")


def start_reader(varved):
    port = free_port()
    config = f"""
remote_read:
  - {{url: "{varved.url}/api/v1/read", read_recent: true}}
"""
    return start_prometheus(temporary_folder("reader"), port, config)


def start_federator(varved):
    port = free_port()
    config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: {{"match[]": ['{{job=~"{JOBS}"}}']}}
    static_configs: [{{targets: ["{varved.address}"]}}]
"""
    return start_prometheus(temporary_folder("federator"), port, config,
                            "--enable-feature=native-histograms")


def answer_of(server, path, params):
    """{labels: points}; a point is (time, value text) or (time, histogram)."""
    result = server.get_json(f"/api/v1/{path}", params)["result"]
    return {json.dumps(series["metric"], sort_keys=True):
            (series.get("values", []), series.get("histograms", [])) for series in result}


def same_value(mine, theirs):
    if mine == theirs:
        return True
    if isinstance(mine, (list, tuple)):
        return len(mine) == len(theirs) and all(map(same_value, mine, theirs))
    if isinstance(mine, dict):
        return set(mine) == set(theirs) and all(same_value(mine[k], theirs[k]) for k in mine)
    try:
        a, b = float(mine), float(theirs)
    except (TypeError, ValueError):
        return False
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return abs(a - b) <= RELATIVE_ERROR_MAX * max(abs(a), abs(b))


def compare_queries(name, mine, theirs, expressions, start_s, end_s):
    failures = []
    for expression in expressions:
        params = {"query": expression, "start": start_s, "end": end_s, "step": 1}
        got, want = answer_of(mine, "query_range", params), answer_of(theirs, "query_range", params)
        if not want:
            failures.append(f"{name}: {expression} has no answer to compare")
        elif set(got) != set(want):
            failures.append(f"{name}: {expression}: {len(got)} series, want {len(want)}")
        else:
            wrong = [key for key in want if not same_value(got[key], want[key])]
            if wrong:
                failures.append(f"{name}: {expression}: {len(wrong)} of {len(want)} series differ: "
                                f"{wrong[0]} {str(got[wrong[0]])[:300]} want "
                                f"{str(want[wrong[0]])[:300]}")
    return failures


def raw_of(server, selector, start_s, end_s):
    """Every sample of the range, with its time."""
    return answer_of(server, "query", {"query": f"{selector}[{end_s - start_s}s]", "time": end_s})


def compare_raw(name, mine, theirs, start_s, end_s):
    """Every sample and histogram, to the last digit; stale markers by their gaps."""
    everything = '{__name__=~".+"}'
    got, want = (raw_of(server, everything, start_s, end_s) for server in (mine, theirs))
    floats = sum(len(values) for values, _ in want.values())
    histograms = sum(len(histograms) for _, histograms in want.values())
    differing = [key for key in set(got) | set(want) if got.get(key) != want.get(key)]
    print(f"{name}: {len(want)} series, {floats} floats and {histograms} histograms, "
          f"{len(differing)} series different", flush=True)
    failures = [f"{name}: {key}: {str(got.get(key))[:300]} want {str(want.get(key))[:300]}"
                for key in sorted(differing)[:3]]
    if floats < SAMPLES_MIN or histograms < HISTOGRAMS_MIN:
        failures.append(f"{name}: too little was scraped to compare")
    return failures


def compare_federation(federator, writer, start_s):
    """What was federated are samples that the writer scraped, of nearly all of its series."""
    end_s = math.ceil(time.time())
    selector = f'{{job=~"{JOBS}"}}'
    got, want = (raw_of(server, selector, start_s, end_s) for server in (federator, writer))
    wrong, histograms = [], 0
    for key, (values, native) in got.items():
        known_values, known_native = want.get(key, ([], []))
        histograms += len(native)
        if any(point not in known_values for point in values) or any(
                point not in known_native for point in native):
            wrong.append(key)
    print(f"federation: {len(got)} of {len(want)} series, {histograms} histograms, "
          f"{len(wrong)} series different", flush=True)
    failures = [f"federation: {key}: {str(got[key])[:300]} want of {str(want.get(key))[:300]}"
                for key in wrong[:3]]
    if len(got) < 0.9 * len(want) or histograms == 0:
        failures.append("federation: too little was federated")
    return failures


def exemplars_of(server, query, start_s, end_s):
    data = server.get_json("/api/v1/query_exemplars",
                           {"query": query, "start": start_s, "end": end_s})
    return sorted(data, key=lambda series: json.dumps(series["seriesLabels"], sort_keys=True))


def compare_exemplars(varved, writer, start_s, end_s):
    failures = []
    for query in EXEMPLAR_QUERIES:
        mine = exemplars_of(varved, query, start_s, end_s)
        theirs = exemplars_of(writer, query, start_s, end_s)
        count = sum(len(series["exemplars"]) for series in theirs)
        print(f"exemplars of {query}: {len(theirs)} series, {count} exemplars", flush=True)
        if mine != theirs:
            failures.append(f"exemplars of {query}: {str(mine)[:400]} want {str(theirs)[:400]}")
    return failures


def compare_metadata(varved, writer):
    mine, theirs = varved.get_json("/api/v1/metadata"), writer.get_json("/api/v1/metadata")
    # The writer describes its targets, varved what was written: families with samples.
    wrong = [family for family, texts in theirs.items()
             if family in mine and mine[family][0] != texts[0]]
    both = len(set(mine) & set(theirs))
    print(f"metadata: {both} families of both, {len(wrong)} different", flush=True)
    failures = [f"metadata of {family}: {mine[family]} want {theirs[family]}"
                for family in wrong[:5]]
    if both < len(theirs) / 2:
        failures.append(f"metadata of {both} families, want most of {len(theirs)}")
    return failures


def make_traffic(writer, until):
    while time.time() < until:
        for path in ("/api/v1/query?query=up", "/api/v1/labels", "/metrics", "/-/healthy"):
            writer.get(path)
        time.sleep(0.5)


def main():
    varved = Varved("--web.enable-admin-api", plain=False, name="remote-protocols")
    varved.start()
    writer, writer_process = start_writer(varved, start_exporter())
    begin_s = time.time()
    make_traffic(writer, begin_s + SCRAPE_S)
    start_s, end_s = math.ceil(begin_s + SCRAPE_S / 3), math.floor(time.time() - 2)

    everything = '{__name__=~".+"}'

    def is_drained():
        mine, theirs = (raw_of(server, everything, start_s, end_s) for server in (varved, writer))
        return all(mine.get(key, ([],))[0] == values for key, (values, _) in theirs.items())
    try:
        wait_until(is_drained, DRAIN_TIMEOUT_S, "remote write has delivered the range", pause_s=1)
    except TimeoutError as late:
        print(late, flush=True)  # the comparison says what is missing

    failures = compare_raw("remote write", varved, writer, start_s, end_s)
    all_expressions = EXPRESSIONS + HISTOGRAM_EXPRESSIONS
    failures += compare_queries("remote write", varved, writer, all_expressions, start_s, end_s)
    failures += compare_exemplars(varved, writer, start_s, end_s)
    failures += compare_metadata(varved, writer)

    federator, federator_process = start_federator(varved)
    try:
        wait_until(lambda: raw_of(federator, HISTOGRAM, start_s, math.ceil(time.time())),
                   DRAIN_TIMEOUT_S, "the federation was scraped", pause_s=0.5)
    except TimeoutError as late:
        print(late, flush=True)
    failures += compare_federation(federator, writer, start_s)

    reader, reader_process = start_reader(varved)
    failures += compare_raw("remote read", reader, writer, start_s, end_s)
    failures += compare_queries("remote read", reader, writer, all_expressions, start_s, end_s)

    # The same from parts.
    varved.compact()
    failures += compare_queries("parts", varved, writer, all_expressions, start_s, end_s)
    failures += compare_exemplars(varved, writer, start_s, end_s)
    failures += compare_raw("remote read of parts", reader, writer, start_s, end_s)
    for process in (federator_process, reader_process, writer_process):
        end_process(process)
    if varved.stop() != 0:
        failures.append(f"varved did not stop well: {varved.log_tail()}")
    for failure in failures:
        print("FAIL", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
