"""Requests of Prometheus's API that no library would send: odd methods, paths, escapes, times,
durations, limits, selectors, bodies and encodings; by GROUPS."""
import gzip
import http.client
import socket
import urllib.parse
import zlib

from wire_format import FORM

HEADERS = ("Content-Type", "Content-Encoding", "Allow", "Vary", "Location", "Connection",
           "Access-Control-Allow-Origin", "Access-Control-Allow-Headers",
           "Access-Control-Allow-Methods", "Access-Control-Expose-Headers")
TIMEOUT_S = 20


class Request:
    """One request as it goes over the wire."""

    def __init__(self, method, target, headers=(), body=b"", version="1.1", chunked=False):
        lines = [f"{method} {target} HTTP/{version}", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers]
        if chunked:
            lines.append("Transfer-Encoding: chunked")
            half = len(body) // 2
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                            for part in (body[:half], body[half:]) if part) + b"0\r\n\r\n"
        elif body:
            lines.append(f"Content-Length: {len(body)}")
        self.method, self.version = method, version
        self.path, _, query = target.partition("?")
        self.values = urllib.parse.parse_qs(query, keep_blank_values=True)
        self.values = {value for values in self.values.values() for value in values}
        self.name = f"{method} {target} {dict(headers) if headers else ''} {body[:60]!r} {version}"
        self.bytes = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def ask(self, address):
        """(status, headers that matter, body)"""
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
            connection.sendall(self.bytes)
            answer = http.client.HTTPResponse(connection, method=self.method)
            answer.begin()
            headers = {name: answer.headers.get_all(name) for name in HEADERS
                       if name in answer.headers}
            body = answer.read()
        encoding = answer.headers.get("Content-Encoding")
        if encoding == "gzip" and body:
            body = gzip.decompress(body)
        elif encoding == "deflate" and body:
            body = zlib.decompress(body)
        return answer.status, headers, body


def get(path, *pairs, **options):
    """A GET of the API; each pair is a name and a value, escaped here, or raw text."""
    text = "&".join(pair if isinstance(pair, str) else urllib.parse.urlencode([pair])
                    for pair in pairs)
    return Request(options.pop("method", "GET"), f"/api/v1/{path}" + (f"?{text}" if text else ""),
                   **options)


def post(path, body, content_type=FORM, method="POST", **options):
    return Request(method, f"/api/v1/{path}", [("Content-Type", content_type)] if content_type else [],
                   body, **options)


QUERY = ("query", "requests_total{code=\"404\",job=\"api\"}")
ONE = ("query", "1")
AT = ("time", "1300")
RANGE = (("start", "1000"), ("end", "1300"), ("step", "60"))

METHODS = [Request(method, path)
           for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO")
           for path in ("/api/v1/query?query=1&time=1",
                        "/api/v1/query_range?query=1&start=1&end=2&step=1",
                        "/api/v1/labels", "/api/v1/label/job/values", "/api/v1/series",
                        "/api/v1/series?match[]=requests_total", "/api/v1/metadata",
                        "/api/v1/query_exemplars?query=x&start=1&end=2", "/api/v1/format_query?query=1",
                        "/api/v1/parse_query?query=1", "/api/v1/status/flags", "/api/v1/rules",
                        "/api/v1/write", "/api/v1/read", "/api/v1/admin/tsdb/snapshot",
                        "/api/v1/no_such_path", "/api/v1", "/api", "/-/healthy", "/-/ready", "/-/reload",
                        "/federate", "/metrics", "/nothing")]
METHODS += [Request("POST", path) for path in (
    "/api/v1/label/job/values", "/api/v1/metadata", "/api/v1/status/flags", "/api/v1/rules",
    "/api/v1/no_such_path", "/-/healthy", "/federate", "/metrics", "/nothing", "/api/v1/targets",
    "/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/series")]
METHODS += [Request("GET", path) for path in (
    "/api/v1/write", "/api/v1/read", "/api/v1/admin/tsdb/snapshot", "/api/v1/otlp/v1/metrics",
    "/-/reload", "/-/quit")]

PATHS = [Request("GET", path) for path in (
    "/api/v1/", "/api/v1", "/api/", "/api", "/api/v2/query", "/api/v1/query/", "/api/v1/labels/",
    "/api/v1/query/x", "/api/v1/label/", "/api/v1/label/job", "/api/v1/label/job/",
    "/api/v1/label//values",
    "/api/v1/label/job/values/", "/api/v1/label/job/values/x", "/api//v1/labels", "//api/v1/labels",
    "/api/v1//labels", "/api/v1/../v1/labels", "/api/v1/./labels", "/api/v1/%6cabels", "/API/v1/labels",
    "/api/v1/Labels", "/api/v1/labels%2F", "/api%2Fv1/labels", "/api/v1/%zz", "/api/v1/labels%",
    "/api/v1/label/a%2fb/values", "/api/v1/label/%zz/values", "/api/v1/label/%/values",
    "/api/v1/labels?", "/api/v1/labels#x", "/api/v1/labels;x=1", "/-/healthy/", "/-/ready/", "/metrics/",
    "/federate/", "/-//healthy", "/-/", "/-", "/api/v1/status", "/api/v1/status/", "/api/v1/admin",
    "/api/v1/query%20", "/api/v1/la bels", "http://localhost/api/v1/labels", "*", "")]

NAMES = [Request("GET", f"/api/v1/label/{name}/values") for name in (
    "job", "__name__", "U__", "U__job", "U__label_20_with", "U__label_20_blank",
    "U__label_20_with_20_blank",
    "label%20with%20blank", "label+with+blank", "U__label_2020_x", "U__a__b", "U__a_", "U___", "U____",
    "U__a_zz_", "U__a_D800_", "U__a_110000_", "U__a_0000002e_", "U__a_FFFFFFFFF_", "U__utf8_2e_name",
    "U__a_2E_b", "%ff", "%00", "%20", "0bad", "a-b", "gr%C3%BC%C3%9Fe", "U__%ff", "u__job",
    "U__\u00fc".encode().decode("latin-1"), "%F0%9F%8E%88", "U__a_0_", "job%0a", "{job}", "{}", ".",
    "..")]

ESCAPES = [get("query", *texts) for texts in (
    ("query=%zz",), ("query=1&time=%zz",), ("query=1&time=1&x=%zz",), ("query=%zz&query=1&time=1",),
    ("query=1%",), ("query=1%2", "time=1"), ("%zz=1&query=1&time=1",), ("query=1;time=1",),
    ("query=1&time=1;x",), ("query=1&time=1&&&",), ("&query=1&time=1",), ("query=1&time=1&=x",),
    ("query=1&time=1&x",), ("query",), ("query=1=1&time=1",), ("query=%31&time=%31",),
    ("query=1+%2B+1&time=1",), ("%71uery=1&time=1",), ("QUERY=1&time=1",), ("query=1&time=1?x",),
    ("query=%ff&time=1",), ("query=%22%ff%22&time=1",), ("query=%00&time=1",),
    ("query=%22%00%22&time=1",), ("query=%22a%0ab%22&time=1",), ("query='a%0ab'&time=1",),
    ("query=%60a%0ab%60&time=1",), ("query=%22%f0%9f%8e%88%22&time=1",), ("query=%E2%80%A8&time=1",))]
ESCAPES += [get("labels", "match[]=%zz"), get("labels", "x=%zz"), get("series", "match[]=%zz"),
            get("series", "match[]=wide%zz&match[]=requests_total"),
    get("label/job/values", "start=%zz"),
            get("query_range", "query=1&start=1&end=%zz&step=1"), get("query_exemplars", "query=%zz"),
            get("format_query", "query=%zz"), get("parse_query", "query=%zz"),
    get("metadata", "limit=%zz"),
            get("rules", "type=%zz"), get("status/tsdb", "limit=%zz"), get("targets", "state=%zz"),
            Request("GET", "/federate?match[]=%zz"), Request("GET", "/-/healthy?%zz"),
            get("no_such_path", "x=%zz"), get("status/buildinfo", "x=%zz", method="HEAD")]

ODD_TIMES = ("", "NaN", "nan", "-NaN", "Inf", "+Inf", "-Inf", "infinity", "1e308", "-1e308", "1e309",
             "9223372036854775807", "9223372036854775.807", "9223372036854775.808", "9223372036854775",
             "-9223372036854775.808", "9223372036854776", "-9223372036854776", "1e15", "1e16", "1e18",
             "1e19", "0x10", "0x1p3", "1_000", "1__0", "0b1", " 1", "1 ", "+1", "-1", "-0", ".5", "5.",
             ".", "1e", "1e-400", "0.0005", "0.0004", "-0.0005", "-0.0015", "1.9995", "1970-01-01",
             "1970-01-01T00:00:00", "1970-01-01T00:00:00Z", "1970-01-01t00:00:00z",
             "1970-01-01T00:00:00.123456789Z", "1970-01-01T00:00:00.1234567891234Z",
             "1970-01-01T00:00:00+01:00", "1970-01-01T00:00:00+0100", "1970-01-01T24:00:00Z",
             "1970-01-01T23:59:60Z", "1970-02-30T00:00:00Z", "1970-1-1T0:0:0Z", "9999-12-31T23:59:59Z",
             "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "-292273086-05-16T16:47:06Z",
             "292277025-08-18T07:12:54.999999999Z", "1h", "now", "1,5", "\u0661", "1970-01-01 00:00:00Z",
             "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+24:00",
             "1970-01-01T00:00:00-23:59", "1970-01-01T00:00Z", "1970-01-01T00:00:00ZZ")
TIMES = [get("query", ONE, ("time", time)) for time in ODD_TIMES if time != ""]
TIMES += [get("query", QUERY, ("time", time)) for time in ("Inf", "-Inf", "NaN", "1e300", "1e15",
                                                           "1e19")]
TIMES += [get("query_range", ONE, ("start", time), ("end", "2000"), ("step",
                                                                     "1000")) for time in ODD_TIMES]
TIMES += [get("query_range", ONE, ("start", "1000"), ("end", time), ("step",
                                                                     "1000")) for time in ODD_TIMES]
TIMES += [get("query_range", ONE, ("start", time), ("end", time), ("step",
                                                                   "1000")) for time in ODD_TIMES]
TIMES += [get(path, ("match[]", "requests_total"), (name, time))
          for path in ("labels", "label/job/values", "series") for name in ("start", "end")
          for time in ODD_TIMES]
TIMES += [get("query_exemplars", ("query", "x"), ("start", time), ("end", "2")) for time in ODD_TIMES]
TIMES += [get("query_exemplars", ("query", "x"), ("start", "1"), ("end", time)) for time in ODD_TIMES]

ODD_DURATIONS = ("", "NaN", "Inf", "-Inf", "+Inf", "0", "-0", "-1", "0s", "-1s", "1", "1.5", "1ms",
                 "0.5ms",
                 "0.001", "0.0001", "1e-9", "1e-10", "1e9", "1e10", "1e300", "9223372036",
                 "9223372036.854775807",
                 "9223372037", "-1e300", "292y", "293y", "1000y", "1h30m", "30m1h", "1h1h", "1s1ms",
                 "1.5h",
                 "+1", "+1s", " 1s", "1s ", "0x10", "1_0", "5 m", "m", "1d1", "1w2d", "s1", "1S", "1us",
                 "99999999999999999999s", "1y1w1d1h1m1s1ms", "step()", "1e3s")
# Timeouts that end before the query does: of which of three errors 3.5 tells is a matter of luck.
TOO_SHORT = ("0", "-0", "-1", "0s", "1e-9", "1e-10", "-1s", "0.5ms", "0.0001", "1ms", "0.001", "-Inf",
             "-1e300",
             "NaN", "9223372036.854775807")
DURATIONS = [get("query_range", ONE, ("start", "1000"), ("end", "1001"), ("step", step))
             for step in ODD_DURATIONS]
DURATIONS += [get("query_range", ONE, ("start", "1000"), ("end", "1001"), "step=1&step=x"),
              get("query_range", ONE, ("start", "1000"), ("end", "1001"))]
DURATIONS += [get(path, QUERY, *(RANGE if path == "query_range" else [AT]), ("lookback_delta", text))
              for path in ("query", "query_range") for text in ODD_DURATIONS]
DURATIONS += [get(path, QUERY, *(RANGE if path == "query_range" else [AT]), ("timeout", text))
              for path in ("query", "query_range") for text in ODD_DURATIONS
              if text not in TOO_SHORT]

ODD_LIMITS = ("", "0", "1", "-1", "+1", "+0", "-0", "x", "1.5", "1e3", " 1", "1 ", "0x1", "1_0", "00",
              "01",
              "9223372036854775807", "9223372036854775808", "-9223372036854775808",
              "-9223372036854775809",
              "18446744073709551616", "2147483648", "NaN", "Inf", "+", "-", "++1", "+-1")
LIMITS = [get("labels", ("match[]", "requests_total"), ("limit", limit)) for limit in ODD_LIMITS]
LIMITS += [get("label/job/values", ("match[]", "requests_total"), ("limit",
                                                                   limit)) for limit in ODD_LIMITS]
LIMITS += [get("series", ("match[]", "requests_total{code=\"404\",job=\"api\"}"), ("limit", limit))
           for limit in ODD_LIMITS]
LIMITS += [get("query", QUERY, AT, ("limit", limit)) for limit in ODD_LIMITS]
LIMITS += [get("query_range", QUERY, *RANGE, ("limit", limit)) for limit in ODD_LIMITS]
LIMITS += [get("metadata", ("limit", limit)) for limit in ODD_LIMITS]
LIMITS += [get("metadata", ("limit_per_metric", limit)) for limit in ODD_LIMITS]
LIMITS += [get("status/tsdb", ("limit", limit)) for limit in ODD_LIMITS
           if limit in ("-1", "0", "x", "1.5", "+0", "-0", "00", "-", "9223372036854775808")]
LIMITS += [get("targets/metadata", ("limit", limit)) for limit in ODD_LIMITS]
LIMITS += [get("rules", ("group_limit", limit)) for limit in ODD_LIMITS]

SELECTORS = [get(path, ("match[]", text))
             for path in ("labels", "label/job/values", "series") for text in (
                 "", " ", "{}", "{", "}", "requests_total{}", "{job=\"api\"}", "{job!=\"api\"}",
                 "{job=\"\"}",
                 "{job=~\"\"}", "{job!~\".+\"}", "{job=~\".*\",code=\"404\"}", "{job=~\"(\"}", "1",
                 "\"x\"",
                 "requests_total[5m]", "requests_total offset 5m", "requests_total @ 1",
                 "-requests_total",
                 "(requests_total)", "sum(requests_total)", "requests_total requests_total",
                 "requests_total,wide", "{\"requests_total\"}", "{\"utf8.name\"}", "{job=\"api\",}",
                 "{,}", "{job=\"api\",,}", "{__name__=\"requests_total\"}",
                 "requests_total{__name__=\"x\"}",
                 "{__name__=\"a\",__name__=\"b\"}", "{job='api'}", "{job=`api`}", "{job=api}",
                 "{\"job\"=\"api\"}", "requests_total # comment", "{job=\"\\xff\"}", "utf8.name",
                 "0x1", "Inf",
                 "nan", "sum", "by", "start", "{0a=\"b\"}")]
SELECTORS += [get("series"), get("series", "match[]"), get("series", "match[]="),
    get("series", "match=x"),
              get("series", ("match[]", "requests_total{code=\"404\",job=\"api\"}"), "match[]="),
              get("labels", "match[]"), get("labels", "match[]=&match[]=requests_total"),
              get("labels", "match=wide"), get("labels", "match%5B%5D=requests_total")]

REPEATED = [
    get("query", "query=1&query=2&time=1&time=2"), get("query", "query=&query=2&time=1"),
    get("query", "query=1&time=&time=5"), get("query"), get("query", "query="),
    get("query", "query=&time=1"),
    get("query", "query=%20&time=1"), get("query", "query=1&time=1&limit=1&limit=x"),
    get("query_range"), get("query_range", "query="), get("query_range", "query=&start=1&end=2&step=1"),
    get("query_range", "query=1&start=1&end=2&step=1&start=x"), get("query_exemplars"),
    get("query_exemplars", "query="), get("query_exemplars", "query=x"),
    get("query_exemplars", "query=x&start=1"),
    get("query_exemplars", "query=x&start=2&end=1"), get("query_exemplars", "query=&start=1&end=2"),
    get("format_query"), get("format_query", "query="), get("parse_query"), get("parse_query", "query="),
    get("query", "query=1&time=1&stats"), get("query", "query=1&time=1&stats="),
    get("query", "query=1&time=1&unknown=x"), get("query", "query=1&time=x&limit=x&timeout=x"),
    get("query", "query=(&time=x"), get("query", "query=(&timeout=x"),
    get("query", "query=(&lookback_delta=x"),
    get("query", "query=1&timeout=x&lookback_delta=x"),
    get("query_range", "query=(&start=1&end=2&step=0"),
    get("query_range", "query=(&start=x&end=x&step=x&limit=x&timeout=x"),
    get("query_range", "query=1&start=1&end=0&step=0"),
    get("query_range", "query=1&start=1&end=2&step=0&timeout=x"),
    get("query_range", "query=1&start=1&end=20000&step=1&timeout=x"),
    get("labels", "start=x&limit=x&match[]={"), get("labels", "start=x&match[]={"),
    get("labels", "end=x&match[]={"), get("series", "start=x&limit=x&match[]={"),
    get("series", "end=x&match[]={"), get("series", "limit=x"),
    get("label/job/values", "start=x&limit=x&match[]={"), get("label/U__a_zz_/values", "start=x"),
    get("label/%ff/values", "start=x"), get("labels", "start=2&end=1"),
    get("series", "start=2&end=1&match[]=wide"),
    get("label/job/values", "start=2&end=1")]

BODIES = [
    post("query", b"query=1&time=1"), post("query", b"query=1&time=1", chunked=True),
    post("query", b"query=%zz"), post("query", b"query=1&time=%zz"),
    post("query", b"query=1&time=1&x=%zz"),
    post("query", b"query=1;time=1"), post("query", b"query=1&time=1", FORM + "; charset=utf-8"),
    post("query", b"query=1&time=1", FORM.upper()), post("query", b"query=1&time=1", FORM + ";"),
    post("query", b"query=1&time=1", FORM + "; charset"), post("query", b"query=1&time=1", FORM + "x"),
    post("query", b"query=1&time=1", " " + FORM + " "), post("query", b"query=1&time=1", FORM + ", x"),
    post("query", b"query=1&time=1", "text/plain"), post("query", b"query=1&time=1", None),
    post("query", b"query=1&time=1", "application/json"), post("query", b"{\"query\":\"1\"}",
                                                               "application/json"),
    post("query", b"query=1&time=1", "multipart/form-data"),
    post("query", b"query=1&time=1", "multipart/form-data; boundary=x"),
    post("query", b"--x\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\n1\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
    post("query", b"query=1&time=1", "nonsense"), post("query", b"query=1&time=1", "a/b/c"),
    post("query", b"query=1&time=1", ";"), post("query", b"query=1&time=1", "/"),
    post("query", b"", FORM), post("query?query=1&time=1", b"", FORM), post("query?query=1&time=1",
                                                                            b"", None),
    post("query?query=1&time=1", b"query=2&time=2"), post("query?query=1", b"time=2"),
    post("query?query=1&time=1", b"query=%zz"), post("query?query=%zz", b"query=1&time=1"),
    post("query?time=%zz&query=1", b"query=%yy"), post("query?query=1&time=1", b"\x00\xff"),
    post("query", b"query=1&time=1", method="GET"), post("query?query=1&time=1", b"query=2&time=2",
                                                         method="GET"),
    post("query?query=1&time=1", b"query=2", method="HEAD"), post("query", b"query=1&time=1",
                                                                  method="PUT"),
    post("series", b"match[]=requests_total{code=\"404\",job=\"api\"}"),
    post("series?match[]=nothing", b"match[]=requests_total{code=\"404\",job=\"api\"}"),
    post("labels", b"match[]=requests_total"), post("labels", b"match[]=%zz"),
    post("series", b"match[]=%zz"),
    post("query_range", b"query=1&start=1&end=2&step=1"), post("query_range", b"query=1&start=%zz"),
    post("query_exemplars", b"query=x&start=1&end=2"), post("query_exemplars", b"query=%zz"),
    post("format_query", b"query=1+%2B1"), post("parse_query", b"query=1"),
    post("query", b"query=1&time=1&", FORM), post("query", b"&&query=1&time=1"),
    post("query", b"query=1&time=1\n"), post("query", b"query=1&time=1\r\n"),
    post("query", b"query=" + b"1%2B" * 2000 + b"1&time=1")]

WIDE = "/api/v1/series?match[]=wide{number=~\"000.\"}".replace("\"", "%22")
ENCODINGS = [Request("GET", target, [("Accept-Encoding", encoding)])
             for target in ("/api/v1/label/number/values", "/api/v1/labels", "/api/v1/query?query=(",
                            "/-/healthy", "/api/v1/no_such_path")
             for encoding in ("gzip", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.001", "gzip; q=1", "GZIP",
                              "deflate",
                              "zstd", "br", "identity", "*", "*;q=0", "gzip, deflate", "deflate, gzip",
                              "zstd, gzip", "deflate;q=1, gzip;q=0.5", "gzip;q=x", "gzip;q=2",
                              "x-gzip", "",
                              ",", "gzipx", "gzip;q=0, deflate", "gzip;", "identity;q=0", "*;q=0, gzip",
                              "identity, gzip;q=0.1", "identity;q=0.1, gzip", "br, zstd")]
ENCODINGS += [Request("HEAD", "/api/v1/label/number/values", [("Accept-Encoding", "gzip")]),
              Request("HEAD", "/api/v1/label/number/values"),
              Request("GET", "/api/v1/label/number/values",
                      [("Accept-Encoding", "deflate"), ("Accept-Encoding", "gzip")]),
              Request("GET", "/api/v1/label/number/values", [("Accept", "text/html")]),
              Request("GET", "/api/v1/label/number/values", [("Accept", "application/x-protobuf")])]

CONNECTIONS = [Request("GET", "/api/v1/labels", headers, version=version)
               for version in ("1.0", "1.1") for headers in (
                   [], [("Connection", "close")], [("Connection", "keep-alive")], [("Connection",
                                                                                    "Close")],
                   [("Connection", "x, close")])]
CONNECTIONS += [Request("GET", path, version="1.0") for path in ("/api/v1/no_such_path", "/-/healthy",
                                                                 "/nothing")]
CONNECTIONS += [Request(method, path, [("Origin", "https://grafana.example")]) for path in (
    "/api/v1/labels", "/api/v1/query?query=(", "/api/v1/no_such_path", "/-/healthy", "/nothing",
    "/federate",
    "/api/v1", "/api/v2") for method in ("GET", "OPTIONS", "HEAD")]

GROUPS = {"methods": METHODS, "paths": PATHS, "names": NAMES, "escapes": ESCAPES, "times": TIMES,
          "durations": DURATIONS, "limits": LIMITS, "selectors": SELECTORS, "repeated": REPEATED,
          "bodies": BODIES, "encodings": ENCODINGS, "connections": CONNECTIONS}
