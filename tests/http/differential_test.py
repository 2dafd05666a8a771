#!/usr/bin/env python3
"""A real Prometheus and varved are given the same samples by remote write and asked the same random
expressions, as instant and as range queries; series, values, errors, warnings and infos must be the
same. Some answers are compared byte by byte as well, and so are format_query and parse_query.

Prometheus is fetched and kept in build/peers; the pages of metrics are its own and, where there is
one, a node exporter's. Skipped where there is no Prometheus.

VARVE_DIFFERENTIAL_EXPRESSIONS   how many, 300 by default
VARVE_DIFFERENTIAL_SEED          of what is random; printed, 1 by default
VARVE_DIFFERENTIAL_PAGES         folder of the pages of an earlier run, to repeat it exactly"""
import json
import os
import random
import re
import shutil
import sys

import differential_data as data
from differential_answers import difference, first_difference, rendered
from differential_case import Case
from differential_expressions import (MAP_FUNCTIONS, OTHER_FUNCTIONS, RANGE_FUNCTIONS, Generator,
                                      elements_of)
from differential_histograms import STALE_HISTOGRAM
from differential_reasons import reason_of
from prometheus_peer import free_port, start_prometheus
from varved_process import (RemoteServer, Varved, end_process, start_process, temporary_folder,
                            wait_until)
from wire_format import STALE_NAN_BITS, write_samples

EXPRESSIONS = int(os.environ.get("VARVE_DIFFERENTIAL_EXPRESSIONS", "300"))
SEED = int(os.environ.get("VARVE_DIFFERENTIAL_SEED", "1"))
PAGES = os.environ.get("VARVE_DIFFERENTIAL_PAGES")
REPORTED_MAX = 60
RENDERED_SHARE = 0.1  # of the expressions; their answers are compared byte by byte
SLICE_MS = 300_000
# Expressions without an answer are made again, as often and but for this share.
ATTEMPTS_MAX = 8
EMPTY_SHARE = 0.1

def fetch_pages(folder):
    """The text of a page of metrics by job."""
    if PAGES:
        return {job: open(os.path.join(PAGES, job)).read() for job in ("node", "prometheus")}
    pages = {}
    port = free_port()
    peer, process = start_prometheus(folder, port, "scrape_configs: []\n")
    for path in ("query?query=up", "labels", "no_such_path"):
        peer.get(f"/api/v1/{path}")
    pages["prometheus"] = peer.get("/metrics")[2].decode()
    end_process(process)
    exporter = shutil.which("prometheus-node-exporter")
    pages["node"] = pages["prometheus"]
    if exporter:
        port = free_port()
        process = start_process([exporter, f"--web.listen-address=127.0.0.1:{port}"],
                                os.path.join(folder, "exporter.log"))
        server = RemoteServer(f"127.0.0.1:{port}")

        def answers():
            try:
                pages["node"] = server.get("/metrics")[2].decode()
                return True
            except OSError:
                return False

        wait_until(answers, 20, "the node exporter answers", pause_s=0.1)
        end_process(process)
    for job, page in pages.items():
        with open(os.path.join(folder, job), "w") as file:
            file.write(page)
    return pages


def load(servers, series):
    """Everything to every server, in the order of time; before it, a stale marker of each series in
    the order of their labels, because a recent Prometheus answers in the order of creation."""
    def marker(points):
        value = points[0][1] if points else 0.0
        is_histogram = isinstance(value, dict)
        return {**STALE_HISTOGRAM, "float": value.get("float", False)} if is_histogram else STALE_NAN_BITS

    first = [(labels, [((data.BASE_S - 3000) * 1000, marker(points))])
             for labels, points in sorted(series, key=lambda one: sorted(one[0].items()))]
    for server in servers:
        write_samples(server, first)
    first = min(points[0][0] for _, points in series if points)
    last = max(points[-1][0] for _, points in series if points)
    for begin in range(first, last + 1, SLICE_MS):
        part = [(labels, [point for point in points if begin <= point[0] < begin + SLICE_MS])
                for labels, points in series]
        part = [(labels, points) for labels, points in part if points]
        for server in servers:
            status, body = write_samples(server, part)
            if status >= 300:
                raise ValueError(f"{server.address} took no samples: {status} {body[:300]!r}")


def known_functions(peer):
    names = set(MAP_FUNCTIONS) | set(RANGE_FUNCTIONS) | {name for name, _ in OTHER_FUNCTIONS}
    return {name for name in names
            if b"unknown function" not in peer.get("/api/v1/query", {"query": f"{name}()"})[2]}


class Question:
    """One expression, asked in one way."""

    def __init__(self, path, **params):
        self.path = path
        self.params = params

    def ask(self, server, expression):
        status, _, body = server.get(f"/api/v1/{self.path}", {"query": expression, **self.params})
        return status, body

    def __str__(self):
        return self.path + " " + " ".join(f"{name}={value}" for name, value in self.params.items())


def questions(rng):
    first = data.BASE_S + 600
    last = data.BASE_S + data.SPAN_S
    at = rng.choice((rng.randrange(first, last), round(rng.uniform(first, last), 3)))
    step = rng.choice((15, 37, 60, 113, 300))
    start = rng.randrange(first, last - 300)
    more = {}
    if rng.random() < 0.05:
        more["lookback_delta"] = rng.choice(("30s", "100", "20m"))
    return (Question("query", time=at, **more),
            Question("query_range", start=start, end=min(last + 400, start + step * rng.randrange(1, 40)),
                     step=step, **more))


# What a subquery may see.
WIDE = Question("query_range", start=data.BASE_S, end=data.BASE_S + data.SPAN_S + 360, step=5)


class Comparison:
    def __init__(self, varved, peer):
        self.varved = varved
        self.peer = peer
        self.asked = self.empty = self.failed = self.rendered = self.bytes = self.texts = 0
        self.histograms = 0
        self.allowed = {}
        self.differences = []

    def compare(self, question, node):
        text = node.text()
        ordered = bool(re.match(r"(sort|topk|bottomk)", text)) and question.path == "query"
        theirs = question.ask(self.peer, text)
        mine = question.ask(self.varved, text)
        return difference(mine, theirs, ordered), mine, theirs

    def check(self, question, node, with_bytes):
        self.asked += 1
        found, mine, theirs = self.compare(question, node)
        self.failed += theirs[0] != 200
        self.empty += is_empty(theirs)
        self.histograms += b'"histogram' in theirs[1]
        if found is None and with_bytes and theirs[0] == 200:
            self.rendered += 1
            a, b = rendered(mine[1]), rendered(theirs[1])
            self.bytes += len(b)
            if a != b:
                found = f"bytes {first_difference(a, b)}"
        if found is not None:
            self.report(question, node, found, mine, theirs)

    def check_text(self, expression):
        """What is made of the text alone, right or wrong: its layout, its tree, its error."""
        self.texts += 1
        for path in ("format_query", "parse_query"):
            answers = [server.get(f"/api/v1/{path}", {"query": expression})
                       for server in (self.varved, self.peer)]
            mine, theirs = [json.loads(body) for _, _, body in answers]
            if mine.get("data") != theirs.get("data") or mine.get("error") != theirs.get("error"):
                found = (f"{path} {mine.get('error') or json.dumps(mine.get('data'))}, "
                         f"want {theirs.get('error') or json.dumps(theirs.get('data'))}")
                self.judge(Case(self.varved, self.peer, path, expression, found, mine, theirs))
                return

    def report(self, question, node, found, mine, theirs):
        """Of the smallest part that differs, too; where it has none of those, inside of a subquery,
        the parts are asked for at all times that it may see."""
        case = Case(self.varved, self.peer, question, node, found, mine, theirs)
        case = self.smallest(question, node) or case
        if re.search(r"\[[^\[\]]+:", case.text):
            case = self.smallest(WIDE, case.node) or case
        at = re.search(r"\} at ([0-9.]+): ", case.found)
        if at and "step" in case.question.params:
            case = self.smallest(Question("query", time=float(at.group(1))), case.node) or case
        self.judge(case)

    def smallest(self, question, node):
        for part in sorted(node.descendants(), key=lambda part: len(part.text())):
            if part.kind == "string" or part.kind == "matrix" and "step" in question.params:
                continue
            found, mine, theirs = self.compare(question, part)
            if found is not None:
                return Case(self.varved, self.peer, question, part, found, mine, theirs)
        return None

    def judge(self, case):
        reason = reason_of(case)
        if reason is not None:
            self.allowed[reason] = self.allowed.get(reason, 0) + 1
            return
        self.differences.append(case)
        if len(self.differences) <= REPORTED_MAX:
            print(f"DIFFERS {case.question}\n  {case.text}\n  {case.found}", flush=True)


def is_empty(answer):
    return b'"result":[]' in answer[1]


TOKEN = re.compile(r"\s+|[a-zA-Z_][a-zA-Z0-9_]*|[0-9.]+[a-z]*|\"[^\"]*\"|[=!<>~]+|.")
STRANGE_TOKENS = ("(", ")", "{", "}", "[", "]", ",", "by", "on", "bool", "offset", "@", "5m", "1e", "'x'",
                  "sum", "rate", "unless", "==", "=~", "-", "group_left", "foo", "\\", "$", "0x", ":")


def damaged(rng, text):
    """The text with a token taken out, put in or doubled; mostly no expression any more."""
    tokens = TOKEN.findall(text)
    at = rng.randrange(len(tokens))
    kind = rng.randrange(3)
    tokens[at:at + 1] = ([], [tokens[at], rng.choice(STRANGE_TOKENS)], [tokens[at], tokens[at]])[kind]
    return "".join(tokens)


def some_expression(rng, generator, peer):
    """An expression and what is asked of it: mostly something that has an answer."""
    for _ in range(ATTEMPTS_MAX):
        node, asked = generator.expression(), questions(rng)
        if rng.random() < EMPTY_SHARE:
            break
        if not any(is_empty(question.ask(peer, node.text())) for question in asked):
            break
    return node, asked


def main():
    folder = temporary_folder("differential")
    rng = random.Random(SEED)
    print(f"seed {SEED}, {EXPRESSIONS} expressions", flush=True)
    pages = fetch_pages(folder)
    series = data.make_series(pages, rng)
    peer_folder = os.path.join(folder, "peer")
    os.mkdir(peer_folder)
    peer, process = start_prometheus(peer_folder, free_port(), "scrape_configs: []\n",
                                     "--web.enable-remote-write-receiver",
                                     "--enable-feature=native-histograms,promql-duration-expr",
                                     "--storage.tsdb.retention.time=100y")
    varved = Varved("--web.enable-admin-api", name="differential")
    varved.start()
    load((peer, varved), series)
    print(f"{len(series)} series, {sum(len(points) for _, points in series)} samples", flush=True)
    varved.compact()
    comparison = Comparison(varved, peer)
    generator = Generator(rng, data.catalog_of(series), known_functions(peer),
                          (data.BASE_S, data.BASE_S + data.SPAN_S))
    used = {}
    for _ in range(EXPRESSIONS):
        node, asked = some_expression(rng, generator, peer)
        for element in elements_of(node.text()):
            used[element] = used.get(element, 0) + 1
        comparison.check_text(node.text())
        comparison.check_text(damaged(rng, node.text()))
        with_bytes = rng.random() < RENDERED_SHARE
        for question in asked:
            comparison.check(question, node, with_bytes)
    end_process(process)
    stopped = varved.stop()
    for reason, count in comparison.allowed.items():
        print(f"allowed {count}: {reason}")
    print(f"{comparison.asked} questions: {comparison.failed} answered by an error, "
          f"{comparison.empty} by nothing, {comparison.histograms} with histograms, "
          f"{comparison.rendered} compared byte by byte ({comparison.bytes} bytes), "
          f"{comparison.texts} texts, {len(comparison.differences)} different", flush=True)
    seldom = sorted((count, name) for name, count in used.items() if count < EXPRESSIONS / 1000)
    print(f"{len(used)} functions, operators and forms"
          + (f"; seldom {', '.join(f'{name} {count}' for count, name in seldom)}" if seldom else ""))
    if PAGES is None and comparison.differences:
        kept = os.path.join(os.environ.get("VARVE_DIFFERENTIAL_KEEP", "/tmp"), "varve-pages")
        shutil.copytree(folder, kept, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("peer", "data", "*.log", "*.yml"))
        print(f"the pages are in {kept}")
    return 1 if comparison.differences or stopped != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
