#!/usr/bin/env python3
"""Asks varved and a real Prometheus 3.5 what no library would send (odd methods, escapes, numbers,
encodings, paths and bodies) and compares status, the headers that matter, and the body byte for byte.

What differs on purpose stands in KEPT, with the reason and with what varved must have answered. With
names of groups of requests as arguments only those are asked. Skipped where there is no Prometheus."""
import http.client
import json
import math
import re
import sys

from prometheus_edge_requests import GROUPS
from prometheus_peer import free_port, start_prometheus
from varved_process import Varved, end_process, temporary_folder
from wire_format import write_samples

SERIES = (
    [({"__name__": "requests_total", "job": job, "code": code},
      [(1_000_000 + i * 15_000, float(i * step)) for i in range(41)])
     for job in ("api", "web") for code, step in (("200", 10), ("404", 1))]
    + [({"__name__": "utf8.name", "label with blank": "v"}, [(1_000_000, 1.0)])]
    + [({"__name__": "wide", "number": f"{i:04}", "text": "x" * 30}, [(1_000_000, 1.0)])
       for i in range(400)]
)

# What one reads as a time that the other does not have.
WRAPPING = {"Inf": math.inf, "+Inf": math.inf, "-Inf": -math.inf, "infinity": math.inf,
            "9999-12-31T23:59:59Z": 253402300799, "0000-01-01T00:00:00Z": -62167219200,
            "-292273086-05-16T16:47:06Z": -math.inf, "292277025-08-18T07:12:54.999999999Z": math.inf}
NOT_TAKEN = ("NaN", "nan", "1_000", "1_0", "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00+24:00")
TIME_LIMIT_MS = 2**63


def out_of_range(text):
    """The seconds that `text` says, where nanoseconds in 64 bits cannot say them; else None."""
    if text in WRAPPING:
        return WRAPPING[text]
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if abs(seconds) > 2**63 / 1e9 else None


def text_of(answer):
    return answer[2].decode(errors="replace")


def times_are_not_wrapped(request, mine, _want):
    found = [seconds for seconds in map(out_of_range, request.values) if seconds is not None]
    if not found or "_" in "".join(request.values & {"1_000"}):
        return False
    if not request.path.endswith("/query") or '"scalar"' not in text_of(mine):
        return mine[0] in (200, 400)
    milliseconds = max(-TIME_LIMIT_MS, min(TIME_LIMIT_MS - 1, found[0] * 1000))
    told = json.loads(mine[2])["data"]["result"][0] * 1000
    return math.isclose(told, milliseconds, rel_tol=1e-12)


def refused(*texts):
    """varved answers 400 and says so with one of the texts."""
    return lambda mine: mine[0] == 400 and any(text in text_of(mine) for text in texts)


def with_value(values, holds):
    return lambda request, mine, want: bool(request.values & set(values)) and holds(mine)


def at_path(expression, holds):
    return lambda request, mine, want: bool(re.search(expression, request.path)) and holds(mine)


def allows_more(request, mine, want):
    more = {"/api/v1/write": "GET", "/api/v1/label/job/values": "POST"}.get(request.path)
    if mine[0] != 405 or want[0] != 405 or more is None:
        return False
    allowed = set(want[1]["Allow"][0].split(", ")) | {more}
    return mine[1]["Allow"] == [", ".join(sorted(allowed))]


def leads_nowhere(_request, mine, want):
    location = want[1].get("Location", [""])[0] if isinstance(want, tuple) else ""
    return mine[0] == 404 and want[0] == 301 and (location == "/api/v1/" or location.count("/") < 4
                                                  and not location.startswith("/api/"))


def says_why(_request, mine, want):
    return (mine[0] == want[0] == 400 and mine[1].get("Connection") == ["close"]
            and want[1].get("Connection") == ["close"]
            and text_of(mine).startswith("cannot take the request: "))


def later_words(_request, mine, want):
    return re.sub(r'\\"\\u003cItem \d+\\u003e\\" ', "", text_of(want)) == text_of(mine)


KEPT = (
    ("times beyond 64 bits of nanoseconds are what they say: 3.5 wraps around, so that the end of all "
     "time lies before its beginning", times_are_not_wrapped),
    ("NaN is no time; nobody writes underscores into numbers, a decimal comma or a zone of a whole day",
     with_value(NOT_TAKEN, refused("to a valid timestamp", "to a valid duration"))),
    ("Grafana asks for label values by POST where suggestions have scopes",
     lambda request, mine, want: (request.method == "POST" and want[0] == 405 and mine[0] == 200
                                  and request.path == "/api/v1/label/job/values")),
    ("those two paths have a method more", allows_more),
    ("senders and people look with GET whether there is something to write to",
     lambda request, mine, want: (request.method == "GET" and request.path == "/api/v1/write"
                                  and mine[0] == 200)),
    ("3.5 forgets /api/v1 where it takes a slash away or mends capital letters, and from /api/v1 leads "
     "to a 404", leads_nowhere),
    ("a label that is named by an escaped slash or by dots is asked for like any other",
     at_path(r"/label/(a%2fb|\.|\.\.)/values$", lambda mine: mine[0] == 200)),
    ("a request that is none is told what is wrong with it", says_why),
    ("the token @ has a name: words of later parsers (3.8, #17380)", later_words),
    ("characters that cannot be seen are escaped by JSON only",
     with_value(("\u2028",), refused("unexpected character: '\\u2028'"))),
    ("forms in parts are not read: no client of Prometheus sends one",
     lambda request, mine, want: b"form-data; name=" in request.bytes
     and refused("no expression found in input")(mine)),
    ("an expression is at most 1024 operations deep",
     lambda request, mine, want: len(request.bytes) > 4000 and refused("more than 1024")(mine)),
    ("3.5 divides by the zero milliseconds of a step of less than one",
     with_value(("0.0001", "1e-9"), refused("exceeded maximum resolution"))),
    ("a lookback of less than a millisecond is none, and the server's counts",
     lambda request, mine, want: bool(request.values & {"0.0001", "1e-9"})
     and b"lookback_delta" in request.bytes and mine[0] == 200 and '"value' in text_of(mine)),
    ("2^63 nanoseconds are one too many",
     with_value(("9223372036.854775807",), refused("It overflows int64"))),
)


def normal(request, answer):
    """What is not compared: the order of series, the time of now, the server's name, and how an
    answer comes over the wire. varved leaves short answers as they are, obeys weights of encodings,
    does not deflate, and tells caches of it; after an answer to HTTP/1.0 it says that it closes."""
    if not isinstance(answer, tuple):
        return answer
    status, headers, body = answer
    headers = dict(headers)
    headers.pop("Content-Encoding", None)
    vary = [value for value in headers.pop("Vary", []) if value != "Accept-Encoding"]
    if vary:
        headers["Vary"] = vary
    if request.version == "1.0":
        headers.pop("Connection", None)
    if request.method == "HEAD" and status == 200:
        headers.pop("Content-Type", None)  # which 3.5 leaves out
    body = re.sub(rb"^(Prometheus Server|Varve) is ", b"", body)
    body = re.sub(rb"\[1[789]\d{8}(\.\d+)?,", b"[now,", body)
    if request.path.endswith("/series") and status == 200:
        body = sorted(body.removesuffix(b"]}").split(b",{"))
    if request.path.endswith("/status/tsdb") and status == 200:
        body = list(json.loads(body)["data"])
    return status, headers, body


def encoding_is_right(request, answer):
    """Only gzip, and only for those who take it."""
    if not isinstance(answer, tuple):
        return True
    encodings = answer[1].get("Content-Encoding", [])
    accepted = re.search(rb"\r\nAccept-Encoding: (.*)\r\n", request.bytes)
    takes = accepted is not None and re.search(
        rb"(?i)(gzip|\*)\s*(;(?!\s*q=0(\.0*)?(,|\s|$))|,|$)", accepted.group(1)) is not None
    return encodings == [] or (encodings == ["gzip"] and takes)


def attempt(request, address):
    try:
        return request.ask(address)
    except (OSError, http.client.HTTPException) as error:
        return repr(error)


def main():
    varved = Varved("--web.cors.origin=.*", name="edges")  # .* is 3.5's default
    varved.start()
    peer, process = start_prometheus(temporary_folder("prometheus"), free_port(),
                                     "global: {scrape_interval: 1h}\n",
                                     "--web.enable-remote-write-receiver",
                                     "--storage.tsdb.retention.time=100y")
    for server in (varved, peer):
        status, body = write_samples(server, list(SERIES))
        if status != 204:
            print(f"FAIL write to {server.address}: {status} {body!r}")
            return 1
    failures = count = compressed = 0
    kept = {reason: 0 for reason, _ in KEPT}
    for group, requests in GROUPS.items():
        if sys.argv[1:] and group not in sys.argv[1:]:
            continue
        for request in requests:
            count += 1
            mine, want = (attempt(request, server.address) for server in (varved, peer))
            right = encoding_is_right(request, mine)
            compressed += isinstance(mine, tuple) and "Content-Encoding" in mine[1]
            if right and normal(request, mine) == normal(request, want):
                continue
            reason = next((reason for reason, holds in KEPT
                           if right and isinstance(mine, tuple) and isinstance(want, tuple)
                           and holds(request, mine, want)), None)
            if reason is not None:
                kept[reason] += 1
                continue
            failures += 1
            print(f"FAIL {group}: {request.name}\n  mine {str(mine)[:700]}\n  want {str(want)[:700]}")
    for reason, times in kept.items():
        print(f"{times:4} on purpose: {reason}")
        if times == 0 and not sys.argv[1:]:
            failures += 1
            print("FAIL this difference is gone: take it out of KEPT")
    if compressed == 0 and not sys.argv[1:]:
        failures += 1
        print("FAIL no answer was compressed")
    print(f"{count} requests, {failures} answered otherwise", flush=True)
    end_process(process)
    return 1 if failures or varved.stop() != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
