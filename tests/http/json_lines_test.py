#!/usr/bin/env python3
"""Log lines as JSON over HTTP: /insert/jsonline with bodies as Vector and Fluent Bit send them, in
all compressions, with bad lines among good ones; and Elasticsearch's bulk API as Filebeat and
Logstash use it."""
import gzip
import json
import shutil
import subprocess
import sys
import time
import unittest
import zlib

from varved_process import Varved, query_string

NDJSON = "application/x-ndjson"
NOW_S = int(time.time())


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".123456Z"


def zstd(body):
    if not shutil.which("zstd"):
        return None
    return subprocess.run(["zstd", "-q", "-c"], input=body, capture_output=True, check=True).stdout


class Client:
    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def insert(self, body, params=None, headers=None):
        status, _, answer = self.server.post(
            "/insert/jsonline" + query_string(params), body, NDJSON, headers)
        return status, answer.decode()

    def query(self, selector):
        """[(nanoseconds, labels, line)]"""
        data = self.server.get_json("/loki/api/v1/query_range", {
            "query": selector, "limit": "5000", "direction": "forward",
            "start": str((NOW_S - 3600) * 10**9), "end": str((NOW_S + 600) * 10**9)})
        return sorted(((int(at), stream["stream"], line) for stream in data["result"]
                       for at, line in stream["values"]), key=lambda entry: (entry[0], entry[2]))


class JsonLinesTest(Client, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--web.max-body-size=1MB", name="json-lines")
        cls.server.start()

    def test_vector_sends_its_events(self):
        # sinks.http, encoding.codec = "json", framing newline_delimited, compression gzip
        events = [{"timestamp": iso(NOW_S), "message": f"event {i} \u00e9\n<>&", "host": "web1",
                   "source_type": "file", "file": "/var/log/app.log",
                   "kubernetes": {"pod_name": f"app-{i % 2}", "labels": {"app.io/name": "shop"}}}
                  for i in range(50)]
        body = "".join(json.dumps(event) + "\n" for event in events).encode()
        params = {"_stream_fields": "host,source_type", "_msg_field": "message",
                  "_time_field": "timestamp"}
        status, answer = self.insert(gzip.compress(body), params, {"Content-Encoding": "gzip"})
        self.assertEqual((status, answer), (204, ""))
        found = self.query('{source_type="file"}')
        self.assertEqual(sorted(line for _, _, line in found),
                         sorted(event["message"] for event in events))
        at, labels, line = found[0]
        self.assertEqual(at, NOW_S * 10**9 + 123_456_000)
        self.assertEqual(labels, {
            "host": "web1", "source_type": "file", "file": "/var/log/app.log",
            "kubernetes_pod_name": f"app-{int(line.split()[1]) % 2}",
            "kubernetes_labels_app_io_name": "shop"})

    def test_fluent_bit_sends_its_records(self):
        # out_http, format json_lines, json_date_key date, json_date_format double or iso8601
        records = [{"date": NOW_S + 0.25, "log": "by seconds", "stream": "stdout"},
                   {"date": iso(NOW_S), "log": "by iso8601", "stream": "stdout"},
                   {"date": NOW_S * 1000, "log": "by milliseconds", "stream": "stderr"}]
        body = "\n".join(json.dumps(record) for record in records).encode()
        status, answer = self.insert(body, None, {
            "VL-Stream-Fields": "stream", "VL-Msg-Field": "log", "VL-Time-Field": "date",
            "VL-Extra-Fields": "stream_of=fluent"})
        self.assertEqual((status, answer), (204, ""))
        found = {line: (at, labels) for at, labels, line in self.query('{stream=~".+"}')}
        self.assertEqual(found["by seconds"][0], NOW_S * 10**9 + 250_000_000)
        self.assertEqual(found["by iso8601"][0], NOW_S * 10**9 + 123_456_000)
        self.assertEqual(found["by milliseconds"][0], NOW_S * 10**9)
        self.assertEqual(found["by milliseconds"][1], {"stream": "stderr", "stream_of": "fluent"})

    def test_bad_lines_are_named_and_good_ones_kept(self):
        body = (b'{"_msg":"good 1","app":"mixed"}\n{"_msg":\nnull\n'
                b'{"_msg":"good 2","app":"mixed"}\n{"_msg":"bad \xff","app":"mixed"}\n'
                b'{"_msg":"when","app":"mixed","_time":"soon"}\n')
        status, answer = self.insert(body, {"_stream_fields": "app"})
        self.assertEqual(status, 400)
        self.assertTrue(answer.startswith("4 of 6 lines rejected: cannot decode line 2: "), answer)
        for number in (3, 5, 6):
            self.assertIn(f"cannot decode line {number}: ", answer)
        self.assertEqual([line for _, _, line in self.query('{app="mixed"}')],
                         ["good 1", "good 2"])

    def test_compressions(self):
        body = b'{"_msg":"x","app":"compressed","n":%d}\n'
        encodings = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd,
                     "identity": bytes, "": bytes}
        sent = 0
        for number, (name, compress) in enumerate(encodings.items()):
            compressed = compress(body % number)
            if compressed is None:
                continue
            status, answer = self.insert(compressed, {"_stream_fields": "app"},
                                         {"Content-Encoding": name} if name else None)
            self.assertEqual((status, answer), (204, ""), name)
            sent += 1
        self.assertEqual(len(self.query('{app="compressed"}')), sent)
        self.assertEqual(self.insert(b"x", None, {"Content-Encoding": "br"})[0], 415)
        self.assertEqual(self.insert(b"x", None, {"Content-Encoding": "gzip"})[0], 400)

    def test_limits(self):
        long = json.dumps({"_msg": "x" * (256 * 1024 + 1), "app": "limits"}) + "\n"
        fits = json.dumps({"_msg": "y" * (256 * 1024), "app": "limits"}) + "\n"
        status, answer = self.insert((long + fits).encode(), {"_stream_fields": "app"})
        self.assertEqual(status, 400)
        self.assertIn("1 of 2 lines rejected", answer)
        self.assertEqual([len(line) for _, _, line in self.query('{app="limits"}')], [256 * 1024])
        bomb = gzip.compress(b"\n" * 2_000_000)
        self.assertEqual(self.insert(bomb, None, {"Content-Encoding": "gzip"})[0], 400)
        self.assertEqual(self.insert(b"\n" * 2_000_000)[0], 400)
        self.assertEqual(self.insert(b"", {"extra_fields": "novalue"})[0], 400)
        self.assertEqual(self.insert(b"")[0], 204)

    def test_an_object_without_a_message_stays_as_it_is(self):
        text = '{"level":"warn","n":1.50, "app" : "whole","list":[1, 2]}'
        self.assertEqual(self.insert(text.encode(), {"_stream_fields": "app"})[0], 204)
        self.assertEqual([line for _, _, line in self.query('{app="whole"}')], [text])

    def test_elasticsearch_bulk(self):
        # what Filebeat asks before it writes
        status, headers, body = self.server.get("/insert/elasticsearch/")
        self.assertEqual(status, 200)
        self.assertEqual(headers["X-Elastic-Product"], "Elasticsearch")
        self.assertTrue(json.loads(body)["version"]["number"].startswith("8."))
        self.assertEqual(self.server.get("/insert/elasticsearch/_license")[0], 200)
        self.assertEqual(self.server.request(
            "PUT", "/insert/elasticsearch/_index_template/filebeat", b"{}")[0], 200)
        documents = [{"@timestamp": iso(NOW_S), "message": f"doc {i}", "agent": {"type": "filebeat"},
                      "log": {"file": {"path": "/x"}, "offset": i}} for i in range(3)]
        lines = []
        for document in documents:
            lines += [json.dumps({"create": {"_index": "beats"}}), json.dumps(document)]
        lines += ['{"index":{}}', "{broken"]
        status, headers, body = self.server.post(
            "/insert/elasticsearch/_bulk?_stream_fields=agent.type",
            gzip.compress(("\n".join(lines) + "\n").encode()), NDJSON,
            {"Content-Encoding": "gzip"})
        self.assertEqual(status, 200, body)
        answer = json.loads(body)
        self.assertTrue(answer["errors"])
        self.assertEqual([list(item.values())[0]["status"] for item in answer["items"]],
                         [201, 201, 201, 400])
        self.assertEqual(answer["items"][0]["create"]["_index"], "beats")
        found = self.query('{agent_type="filebeat"}')
        self.assertEqual([line for _, _, line in found], ["doc 0", "doc 1", "doc 2"])
        self.assertEqual(found[2][1]["log_offset"], "2")
        status, _, body = self.server.post("/insert/elasticsearch/logs/_bulk",
                                           b'{"create":{}}\n{"message":"m"}\n', NDJSON)
        self.assertEqual(json.loads(body)["items"],
                         [{"create": {"_index": "logs", "status": 201, "result": "created"}}])
        self.assertEqual(self.server.post("/insert/elasticsearch/_bulk",
                                          b'{"delete":{"_id":"1"}}\n', NDJSON)[0], 400)

    def test_elasticsearch_errors_of_a_whole_request_are_json(self):
        for body in (b'{"delete":{"_id":"1"}}\n', b"nonsense\n{}\n", b'{"create":{}}\n'):
            status, headers, answer = self.server.post("/insert/elasticsearch/_bulk", body, NDJSON)
            self.assertEqual((status, headers["Content-Type"]), (400, "application/json"))
            answer = json.loads(answer)
            self.assertEqual(answer["status"], 400)
            self.assertEqual(answer["error"]["type"], "illegal_argument_exception")
            self.assertIn("cannot decode bulk request", answer["error"]["reason"])

    def test_elasticsearch_streams_beyond_the_limit_are_to_be_sent_again(self):
        server = Varved("--storage.max-streams=2", name="es-streams")
        server.start()
        body = "".join(f'{{"create":{{}}}}\n{{"app":"a{i}","message":"m"}}\n' for i in (1, 2, 3, 1))
        status, _, answer = server.post("/insert/elasticsearch/_bulk?_stream_fields=app",
                                        body.encode(), NDJSON)
        server.stop()
        items = [item["create"] for item in json.loads(answer)["items"]]
        self.assertEqual(status, 200)
        self.assertEqual([item["status"] for item in items], [201, 201, 429, 201])
        self.assertEqual(items[2]["error"]["type"], "es_rejected_execution_exception")


class LimitsTest(Client, unittest.TestCase):
    """What the server does not take: each line and document has its own answer and reason."""

    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--storage.retention.time=30d", "--logs.max-label-value-length=2048",
                            name="json-limits")
        cls.server.start()

    def bulk(self, documents, parameters="_stream_fields=app"):
        body = "".join(f'{{"create":{{}}}}\n{json.dumps(document)}\n' for document in documents)
        return self.server.post(f"/insert/elasticsearch/_bulk?{parameters}", body.encode(), NDJSON)

    def rejected(self):
        counts = {}
        for line in self.server.get("/metrics")[2].decode().splitlines():
            if line.startswith('varve_rejected_total{signal="logs",reason="'):
                reason, count = line.split('reason="')[1].split('"} ')
                counts[reason] = int(float(count))
        return counts

    def test_elasticsearch_items_that_are_refused_say_so(self):
        before = self.rejected()
        documents = [
            {"app": "es", "message": "first"},
            {"app": "es", "message": "too old", "@timestamp": "2001-02-03T04:05:06.7Z"},
            {"app": "es", "message": "too new", "@timestamp": "2101-02-03T04:05:06Z"},
            {"app": "es", "message": "x" * (300 << 10)},
            {"app": "long" * 600, "message": "label value"},
            {"app": "es", "message": "metadata", "m": "x" * (70 << 10)},
            {"app": "es", "message": "last"},
        ] + [{"app": "es", "message": f"old {i}", "@timestamp": "2001-02-03T04:05:06Z"}
             for i in range(20)]
        status, headers, body = self.bulk(documents)
        self.assertEqual((status, headers["X-Elastic-Product"]), (200, "Elasticsearch"))
        answer = json.loads(body)
        self.assertIs(answer["errors"], True)
        items = [item["create"] for item in answer["items"]]
        self.assertEqual([item["status"] for item in items],
                         [201, 400, 400, 400, 400, 400, 201] + [400] * 20)
        reasons = [item["error"]["reason"] for item in items if "error" in item]
        self.assertEqual(reasons[0], "entry has timestamp too old: 2001-02-03T04:05:06.7Z")
        self.assertEqual(reasons[1], "entry has timestamp too new: 2101-02-03T04:05:06Z")
        self.assertTrue(reasons[2].startswith("max entry size '262144' bytes exceeded"), reasons[2])
        self.assertIn("has label value too long", reasons[3])
        self.assertIn("has structured metadata too large", reasons[4])
        self.assertEqual({item["error"]["type"] for item in items if "error" in item},
                         {"illegal_argument_exception"})
        self.assertEqual([line for _, _, line in self.query('{app="es"}')], ["first", "last"])
        after = self.rejected()
        self.assertEqual({reason: after[reason] - before.get(reason, 0) for reason in after
                          if after[reason] > before.get(reason, 0)},
                         {"too_old": 21, "too_far_in_future": 1, "line_too_long": 1,
                          "label_value_too_long": 1, "structured_metadata_too_large": 1})

    def test_lines_that_are_refused_are_counted_by_reason(self):
        before = self.rejected()
        lines = [json.dumps({"_msg": f"old {i}", "_time": "2001-02-03T04:05:06Z", "app": "jl"})
                 for i in range(30)] + ["{broken"] * 20 + ['{"_msg":"good","app":"jl","n":1.50}']
        status, body = self.insert("\n".join(lines).encode(), {"_stream_fields": "app"})
        self.assertEqual(status, 400)
        self.assertTrue(body.startswith("50 of 51 lines rejected: cannot decode line 31: "), body)
        self.assertEqual([(line, labels["n"]) for _, labels, line in self.query('{app="jl"}')],
                         [("good", "1.50")])
        after = self.rejected()
        self.assertEqual(after["too_old"] - before.get("too_old", 0), 30)
        self.assertEqual(after["malformed"] - before.get("malformed", 0), 20)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
