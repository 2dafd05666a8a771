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
import math
import os
import random
import re
import shutil
import sys

import differential_data as data
from differential_expressions import (MAP_FUNCTIONS, OTHER_FUNCTIONS, RANGE_FUNCTIONS, Generator)
from prometheus_peer import free_port, start_prometheus
from varved_process import (RemoteServer, Varved, end_process, start_process, temporary_folder,
                            wait_until)
from wire_format import STALE_NAN_BITS, write_samples

EXPRESSIONS = int(os.environ.get("VARVE_DIFFERENTIAL_EXPRESSIONS", "300"))
SEED = int(os.environ.get("VARVE_DIFFERENTIAL_SEED", "1"))
PAGES = os.environ.get("VARVE_DIFFERENTIAL_PAGES")
RELATIVE_ERROR_MAX = 1e-12
REPORTED_MAX = 60
RENDERED_SHARE = 0.1  # of the expressions; their answers are compared byte by byte
SLICE_MS = 300_000

# What may differ, and why: (pattern of the smallest expression that differs, pattern of the
# difference, reason). Varve follows the main branch of Prometheus where that is newer than 3.5.
ALLOWED = (
    (r"^mad_over_time", r": NaN, want", "3.5 leaves NaN out of mad_over_time, main does not"),
    (r"^histogram_fraction", r", want NaN$",
     "3.5 does not sort classic buckets for histogram_fraction"),
    (r"info\(", r"found duplicate series for info metric.*want execution found duplicate series for "
                r"info metric target_info", "main names the two series"),
    (r"info\(", r"query_range .*status 200 , want 422 found duplicate series for info metric",
     "3.5 refuses a range of whose steps it refuses none"),
    (r"info\(.*(offset|@)", r"", "3.5 looks for info at the step, main where the selectors look"),
    (r"(==|!=|<|>)", r"status 422 multiple matches for labels: many-to-one matching must be explicit.*"
                     r"want 200", "main refuses it even where the comparison keeps one of them"),
    (r"", r"parse error: .*(expected number, duration, step\(\), (or )?range\(\).*, want"
         r"|want .*experimental duration expression is not enabled"
         r"|unexpected character: .*expected ':', want .*unexpected colon)",
     "main has duration expressions"),
    (r"", r"unexpected <op:@>.*want .*<Item [0-9]+>", "the number of a token, which changes"),
    (r"[0-9.]\.", r"bad number or duration syntax.*want .*strconv.ParseFloat",
     "main refuses a second dot in a number where it stands"),
    (r"group_(left|right)", r"format_query.* ignoring \(\) group_(left|right)",
     "3.5 prints no group_left without labels to match by, which is another expression"),
    (r"^(topk|bottomk|limitk)", r"query_range ",
     "in a range, which of equal values are picked is the order of a hash table in 3.5"),
    (r"", r", want .*unexpected error$", "3.5 fails on its own fault"),
    (r"^histogram_quantile", r"infos .*monotonicity.*want",
     "3.5 forgets the name of the metric after the first step"),
    (r"^count_values.*(sin|cos|tan|exp|ln|log|\^|\bstd)", r"series, want",
     "last digits of a number as a label: the C library's and Go's functions differ"),
)


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
    first = [(labels, [((data.BASE_S - 3000) * 1000, STALE_NAN_BITS)])
             for labels, _ in sorted(series, key=lambda one: sorted(one[0].items()))]
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
    return (Question("query", time=at),
            Question("query_range", start=start, end=min(last + 400, start + step * rng.randrange(1, 40)),
                     step=step))


def same_number(mine, theirs):
    if mine == theirs:
        return True
    a, b = float(mine), float(theirs)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return False
    return abs(a - b) <= RELATIVE_ERROR_MAX * max(abs(a), abs(b))


def points_of(series):
    return series["values"] if "values" in series else [series["value"]]


TRANSCENDENTAL = re.compile(r"(a?(sin|cos|tan)h?|exp|ln|log2|log10|stddev\w*|stdvar\w*)\b|\^|atan2")


def nearly_the_same(found):
    numbers = re.search(r": (-?[0-9][0-9.e+-]*), want (-?[0-9][0-9.e+-]*)$", found)
    if not numbers:
        return False
    a, b = float(numbers.group(1)), float(numbers.group(2))
    return abs(a - b) <= 1e-3 * max(abs(a), abs(b))


# Annotations as Varve and the main branch have them: (pattern, replacement, reason). What becomes
# nothing is not compared.
NEWER_ANNOTATIONS = (
    (r".*sort is ineffective for range queries.*", "", "3.5 has no such warning"),
    (r' for metric name ""', "", "main names no metric where there is none"),
)


def annotations(answer, kind):
    texts = answer.get(kind) or []
    for pattern, replacement, _ in NEWER_ANNOTATIONS:
        texts = [re.sub(pattern, replacement, text) for text in texts]
    texts = sorted(text for text in texts if text)
    omitted = [text for text in texts if text.endswith("annotations omitted")]
    return omitted or texts  # which of many are shown is not said anywhere


def error_of(answer):
    """Which two of several duplicates an error names depends on the order of a hash table."""
    return answer["errorType"], re.sub(r"match group .*on the (left|right).*\];many",
                                       r"\1;many", answer["error"])


def difference(mine, theirs, ordered):
    """None, or what differs first between two answers (status, body)."""
    a, b = json.loads(mine[1]), json.loads(theirs[1])
    if mine[0] != theirs[0]:
        return f"status {mine[0]} {a.get('error', '')}, want {theirs[0]} {b.get('error', '')}"
    if theirs[0] != 200:
        if error_of(a) != error_of(b):
            return f"error {a['errorType']} {a['error']}, want {b['errorType']} {b['error']}"
        return None
    for kind in ("warnings", "infos"):
        if annotations(a, kind) != annotations(b, kind):
            return f"{kind} {annotations(a, kind)}, want {annotations(b, kind)}"
    a, b = a["data"], b["data"]
    if a["resultType"] != b["resultType"]:
        return f"type {a['resultType']}, want {b['resultType']}"
    if b["resultType"] in ("scalar", "string"):
        same = a["result"][0] == b["result"][0] and same_number(a["result"][1], b["result"][1])
        return None if same else f"{a['result']}, want {b['result']}"
    return difference_of_series(a["result"], b["result"], ordered)


def difference_of_series(mine, theirs, ordered):
    def by_labels(result):
        return {json.dumps(series["metric"], sort_keys=True): series for series in result}

    a, b = by_labels(mine), by_labels(theirs)
    if set(a) != set(b):
        return (f"{len(a)} series, want {len(b)}; too many {sorted(set(a) - set(b))[:2]}, "
                f"missing {sorted(set(b) - set(a))[:2]}")
    if len(mine) != len(a):
        return "a series comes twice"
    # Go's sort leaves equal values in any order.
    if ordered and not all(same_number(x["value"][1], y["value"][1]) for x, y in zip(mine, theirs)):
        return f"order {list(a)[:4]}, want {list(b)[:4]}"
    for labels, series in b.items():
        own, want = points_of(a[labels]), points_of(series)
        if [point[0] for point in own] != [point[0] for point in want]:
            extra = sorted({p[0] for p in own} - {p[0] for p in want})[:3]
            missing = sorted({p[0] for p in want} - {p[0] for p in own})[:3]
            return f"{labels}: {len(own)} points, want {len(want)}; extra {extra}, missing {missing}"
        for (at, x), (_, y) in zip(own, want):
            if not same_number(x, y):
                return f"{labels} at {at}: {x}, want {y}"
    return None


def rendered(body):
    """The bytes of `data`, with its series in the order of their bytes."""
    start = body.index(b'"data":')
    found = re.search(rb',"(warnings|infos)":\[".*$', body, re.DOTALL)
    result = body[start:found.start() if found else body.rindex(b"}")].strip()
    head, bracket, rest = result.partition(b'"result":[{')
    if not bracket:
        return result
    return head + b"\n".join(sorted(re.split(rb',(?=\{"metric")', b"{" + rest[:rest.rindex(b"]}")])))


class Comparison:
    def __init__(self, varved, peer):
        self.varved = varved
        self.peer = peer
        self.asked = self.empty = self.failed = self.rendered = self.texts = 0
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
        self.empty += b'"result":[]' in theirs[1]
        if found is None and with_bytes and theirs[0] == 200:
            self.rendered += 1
            a, b = rendered(mine[1]), rendered(theirs[1])
            if a != b and not self.only_last_digits(a, b):
                found = f"bytes {first_difference(a, b)}"
        if found is not None:
            self.report(question, node, found)

    @staticmethod
    def only_last_digits(a, b):
        """Whether two renderings differ in the last digits of numbers alone."""
        number = re.compile(rb'"-?[0-9][0-9.e+-]*"')
        return number.sub(b"", a) == number.sub(b"", b)

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
                if not self.is_allowed(expression, found):
                    self.add(path, expression, found)
                return

    def report(self, question, node, found):
        smallest = node
        for part in sorted(node.descendants(), key=lambda part: len(part.text())):
            if part.kind == "matrix" and question.path == "query_range":
                continue
            if part.kind == "string":
                continue
            of_part = self.compare(question, part)[0]
            if of_part is not None:
                smallest, found = part, of_part
                break
        text = smallest.text()
        if not self.is_allowed(text, f"{question} {found}" if "query_range" in str(question) else found):
            self.add(question, text, found)

    def is_allowed(self, text, found):
        if TRANSCENDENTAL.search(text) and nearly_the_same(found):
            reason = "last digits of the C library's and Go's functions, made more"
            self.allowed[reason] = self.allowed.get(reason, 0) + 1
            return True
        for expression, what, reason in ALLOWED:
            if re.search(expression, text, re.DOTALL) and re.search(what, found, re.DOTALL):
                self.allowed[reason] = self.allowed.get(reason, 0) + 1
                return True
        return False

    def add(self, question, text, found):
        self.differences.append((str(question), text, found))
        if len(self.differences) <= REPORTED_MAX:
            print(f"DIFFERS {question}\n  {text}\n  {found}", flush=True)


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


def first_difference(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"{a[max(0, at - 60):at + 60]!r}, want {b[max(0, at - 60):at + 60]!r}"


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
                                     "--storage.tsdb.retention.time=100y")
    varved = Varved("--web.enable-admin-api", name="differential")
    varved.start()
    load((peer, varved), series)
    print(f"{len(series)} series, {sum(len(points) for _, points in series)} samples", flush=True)
    varved.compact()
    comparison = Comparison(varved, peer)
    generator = Generator(rng, data.catalog_of(series), known_functions(peer),
                          (data.BASE_S, data.BASE_S + data.SPAN_S))
    for _ in range(EXPRESSIONS):
        node = generator.expression()
        comparison.check_text(node.text())
        comparison.check_text(damaged(rng, node.text()))
        with_bytes = rng.random() < RENDERED_SHARE
        for question in questions(rng):
            comparison.check(question, node, with_bytes)
    end_process(process)
    stopped = varved.stop()
    for reason, count in comparison.allowed.items():
        print(f"allowed {count}: {reason}")
    print(f"{comparison.asked} questions: {comparison.failed} answered by an error, "
          f"{comparison.empty} by nothing, {comparison.rendered} compared byte by byte, "
          f"{comparison.texts} texts, {len(comparison.differences)} different", flush=True)
    if PAGES is None and comparison.differences:
        kept = os.path.join(os.environ.get("VARVE_DIFFERENTIAL_KEEP", "/tmp"), "varve-pages")
        shutil.copytree(folder, kept, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("peer", "data", "*.log", "*.yml"))
        print(f"the pages are in {kept}")
    return 1 if comparison.differences or stopped != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
