#!/usr/bin/env python3
"""What Grafana's log explorer asks varved before it asks for lines: volumes, labels and fields."""
import json
import time
import unittest
import urllib.parse

from varved_process import HttpConnection, Varved
from wire_format import JSON, loki_json

T0_NS = (time.time_ns() - 600 * 10**9) // 10**9 * 10**9
RANGE = {"start": str(T0_NS), "end": str(T0_NS + 60 * 10**9)}
LINES = {
    "shop": [r'{"status": 500, "http": {"took": "12ms"}, "ok": false}',
             r'{"status": 200, "http": {"took": "3ms"}, "ok": true}'],
    "mail": ["level=warn size=3KB to=bob", "level=info size=4KB to=eve"],
}


class LokiExplore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--logs.discover-service-name=false", "--logs.discover-level=false",
                            name="explore")
        cls.server.start()
        cls.connection = HttpConnection(cls.server.address)
        streams = [({"app": app, "pod": "7"}, [(T0_NS + i * 10**9, line)
                                               for i, line in enumerate(lines)])
                   for app, lines in LINES.items()]
        status, _, body = cls.connection.request("POST", "/loki/api/v1/push", loki_json(streams),
                                                 {"Content-Type": JSON})
        assert status == 204, body

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        assert cls.server.stop() == 0

    def get(self, path, **parameters):
        url = f"/loki/api/v1/{path}?" + urllib.parse.urlencode({**RANGE, **parameters})
        status, _, body = self.connection.request("GET", url)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def refusal(self, path, **parameters):
        url = f"/loki/api/v1/{path}?" + urllib.parse.urlencode({**RANGE, **parameters})
        status, _, body = self.connection.request("GET", url)
        return status, body.decode()

    def test_volume(self):
        data = self.get("index/volume", query='{app=~".+"}')["data"]
        self.assertEqual(data["resultType"], "vector")
        found = {one["metric"]["app"]: one["value"][1] for one in data["result"]}
        self.assertEqual(found, {app: str(sum(map(len, lines))) for app, lines in LINES.items()})
        self.assertEqual(list(data["result"][0]["metric"]), ["app"])
        self.assertGreaterEqual(int(data["result"][0]["value"][1]),
                                int(data["result"][1]["value"][1]))

    def test_volume_by_target_labels_and_by_names(self):
        total = str(sum(len(line) for lines in LINES.values() for line in lines))
        by_pod = self.get("index/volume", query='{app=~".+"}', targetLabels="pod")
        self.assertEqual([(one["metric"], one["value"][1]) for one in by_pod["data"]["result"]],
                         [({"pod": "7"}, total)])
        by_name = self.get("index/volume", query="{}", aggregateBy="labels")
        self.assertEqual(sorted(one["metric"].popitem()[0] for one in by_name["data"]["result"]),
                         ["app", "pod"])
        self.assertEqual(len(self.get("index/volume", query="{}", limit="1")["data"]["result"]), 1)

    def test_volume_range(self):
        data = self.get("index/volume_range", query='{app="mail"}', step="1s")["data"]
        self.assertEqual(data["resultType"], "matrix")
        self.assertEqual(data["result"][0]["values"],
                         [[T0_NS // 10**9 + i, str(len(line))]
                          for i, line in enumerate(LINES["mail"])])

    def test_volume_range_has_steps_at_multiples_and_a_first_one_where_it_begins(self):
        start_ns = T0_NS - 500_000_000
        data = self.get("index/volume_range", query='{app="mail"}', step="1s", start=str(start_ns),
                        end=str(T0_NS + 1))["data"]
        self.assertEqual(data["result"][0]["values"],
                         [[T0_NS // 10**9, str(len(LINES["mail"][0]))]])
        data = self.get("index/volume_range", query='{app="mail"}', step="2d", start=str(start_ns))
        self.assertEqual(data["data"]["result"][0]["values"],
                         [[start_ns / 10**9, str(sum(map(len, LINES["mail"])))]])

    def test_shards(self):
        whole = {"min": 0, "max": 2**64 - 1}
        query = '{app=~".+"}'
        stats = self.get("index/stats", query=query)
        one = self.get("index/shards", query=query, targetBytesPerShard="1GB")
        self.assertEqual(one, {"shards": [{"bounds": whole, "stats": stats}], "statistics": {}})
        self.assertEqual(list(one["shards"][0]["stats"]), ["streams", "chunks", "bytes", "entries"])
        two = self.get("index/shards", query=query, targetBytesPerShard="1")["shards"]
        self.assertEqual(len(two), 2)
        self.assertEqual((two[0]["bounds"]["min"], two[1]["bounds"]["max"]), (0, 2**64 - 1))
        self.assertEqual(two[0]["bounds"]["max"] + 1, two[1]["bounds"]["min"])
        for name, count in stats.items():
            self.assertEqual(two[0]["stats"][name] + two[1]["stats"][name], count, name)
        none = self.get("index/shards", query='{app="none"}', targetBytesPerShard="1KB")["shards"]
        self.assertEqual(none, [{"bounds": whole, "stats": dict.fromkeys(stats, 0)}])
        for target in ("", "0", "-1", "much"):
            self.assertEqual(self.refusal("index/shards", query=query, targetBytesPerShard=target),
                             (400, "targetBytesPerShard must be a positive value\n"))
        self.assertEqual(self.refusal("index/shards", query="{", targetBytesPerShard="1")[0], 400)

    def test_detected_labels(self):
        # `pod` holds numbers only, but is one of the names that are always offered.
        self.assertEqual(self.get("detected_labels"),
                         {"detectedLabels": [{"label": "app", "cardinality": 2},
                                             {"label": "pod", "cardinality": 1}]})

    def test_detected_fields(self):
        answer = self.get("detected_fields", query='{app="shop"}')
        self.assertEqual(answer["limit"], 1000)
        self.assertEqual({one["label"]: (one["type"], one["cardinality"], one["parsers"],
                                         one["jsonPath"]) for one in answer["fields"]},
                         {"status": ("int", 2, ["json"], ["status"]),
                          "http_took": ("duration", 2, ["json"], ["http", "took"]),
                          "ok": ("boolean", 2, ["json"], ["ok"])})
        logfmt = self.get("detected_fields", query='{app="mail"}', line_limit="1")["fields"]
        self.assertEqual({one["label"]: (one["type"], one["cardinality"], one["parsers"])
                          for one in logfmt},
                         {"level": ("string", 1, ["logfmt"]), "size": ("bytes", 1, ["logfmt"]),
                          "to": ("string", 1, ["logfmt"])})

    def test_detected_field_values(self):
        self.assertEqual(self.get("detected_field/to/values", query='{app="mail"}'),
                         {"values": ["bob", "eve"], "limit": 1000})
        self.assertEqual(self.get("detected_field/none/values", query='{app="mail"}'),
                         {"values": [], "limit": 1000})

    def test_refusals_say_what_is_wrong(self):
        self.assertEqual(self.refusal("detected_fields", query="{")[0], 400)
        self.assertEqual(self.refusal("index/volume", query='{a="b"}', aggregateBy="x"),
                         (400, "invalid aggregation option, must be one of: [series, labels]\n"))
        self.assertEqual(self.refusal("index/volume", query='{a="b"}', limit="-1")[0], 400)
        self.assertEqual(self.refusal("detected_fields", query='rate({a="b"}[1m])')[0], 400)


if __name__ == "__main__":
    unittest.main()
