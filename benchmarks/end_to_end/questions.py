"""The questions that `query` asks: a row each, one for every family of queries that dashboards,
alerts and explorers send."""

HOUR = 3600


class Question:
    """One row: an expression over a range, at one moment, or a selector of series or labels."""

    def __init__(self, title, expression, hours=0, step=0, endpoint="query_range", goal_ms=None):
        self.title, self.expression = title, expression
        self.hours, self.step, self.endpoint, self.goal_ms = hours, step, endpoint, goal_ms

    def path(self, server, end, expression=None):
        """Of its expression, or of another one asked in its place."""
        expression = expression or self.expression
        if self.endpoint == "query":
            return server.query_path("query", {"query": expression, "time": end})
        span = {"start": end - self.hours * HOUR, "end": end}
        if self.endpoint == "series":
            return server.query_path("series", {"match[]": self.expression, **span})
        if self.endpoint.startswith("label/"):
            selector = {"match[]": self.expression} if self.expression else {}
            return server.query_path(self.endpoint, {**selector, **span})
        return server.query_path(
            "query_range", {"query": expression, **span, "step": self.step})


CPU = 'node_cpu_seconds_total{mode!~"nice|steal"}'
HOST_QUESTIONS = [
    Question("rate(..[5m]), 2 series a host, 1 h, 15 s",
             'rate(node_cpu_seconds_total{mode="user"}[5m])', 1, 15, goal_ms=8),
    Question("rate(..[5m]), 12 series a host, 1 h, 15 s", f"rate({CPU}[5m])", 1, 15),
    Question("sum by (instance) (rate(..[5m])), 3 h, 60 s", f"sum by (instance) (rate({CPU}[5m]))", 3, 60, goal_ms=2),
    Question('count by (job) ({job!=""}), 3 h, 60 s', 'count by (job) ({job!=""})', 3, 60,
             goal_ms=60),
    Question("histogram_quantile over rate, 3 h, 60 s",
             "histogram_quantile(0.9, rate(prometheus_http_request_duration_seconds_bucket[5m]))",
             3, 60, goal_ms=3),
    Question("quantile_over_time(0.9, ..[30m]), 3 h, 60 s",
             "quantile_over_time(0.9, node_load1[30m])", 3, 60, goal_ms=2.5),
    Question("series of one job", '{job="prometheus"}', 3, endpoint="series", goal_ms=5),
    Question("rate(..[1d]), 2 series a host, 3 h, 60 s",
             'rate(node_cpu_seconds_total{mode="user"}[1d])', 3, 60),
    Question("topk(10, sum by (instance) (rate(..[5m]))), 3 h, 60 s",
             f"topk(10, sum by (instance) (rate({CPU}[5m])))", 3, 60),
    Question("rate * on (instance) group_left one, 3 h, 60 s",
             f"rate({CPU}[5m]) * on (instance) group_left (version) node_exporter_build_info", 3, 60),
    Question("max_over_time(rate(..[5m])[30m:1m]), 3 h, 60 s",
             'max_over_time(rate(node_cpu_seconds_total{mode="user"}[5m])[30m:1m])', 3, 60),
    Question("absent of what is there, 3 h, 60 s", "absent(node_load1)", 3, 60),
    Question("regex over all instances, instant", 'count({instance=~".*[02468]:.*"})',
             endpoint="query"),
    Question("regex over all names, 3 h, 60 s", 'count by (job) ({__name__=~".+_total"})', 3, 60),
    Question("values of instance", "", 3, endpoint="label/instance/values"),
    Question("names of one job", '{job="prometheus"}', 3, endpoint="label/__name__/values"),
    Question("instant sum by (instance) (rate(..[5m]))", f"sum by (instance) (rate({CPU}[5m]))",
             endpoint="query"),
]

POD_CPU = "container_cpu_usage_seconds_total"
POD_MEMORY = "container_memory_working_set_bytes"
WIDE_QUESTIONS = [
    Question("regex over 100,000 values, instant", f'count({POD_MEMORY}{{pod=~".*-[b-k][0-9].*"}})',
             endpoint="query"),
    Question("regex with a prefix, rate, 1 h, 60 s",
             f'sum by (namespace) (rate({POD_CPU}{{pod=~"checkout-(api|db)-.+"}}[5m]))', 1, 60),
    Question("regex of a suffix, 1 h, 60 s", f'sum by (node) ({POD_MEMORY}{{pod=~".+2x[b-d]"}})',
             1, 60),
    Question("regex that excludes, instant", f'count({POD_CPU}{{pod!~".*(2|4|x).*"}})',
             endpoint="query"),
    Question("values of pod", "", 2, endpoint="label/pod/values"),
    Question("values of pod, one metric", POD_CPU, 2, endpoint="label/pod/values"),
    Question("names of one job", '{job="cadvisor"}', 2, endpoint="label/__name__/values"),
    Question("series of one job", '{job="kube-state-metrics"}', 2, endpoint="series"),
    Question("series of ten namespaces", '{namespace=~"ns-01.",job="cadvisor"}', 2,
             endpoint="series"),
    Question("sum by (namespace) (rate(..[5m])), instant",
             f"sum by (namespace) (rate({POD_CPU}[5m]))", endpoint="query"),
    Question("sum by (namespace) (rate(..[5m])), 1 h, 60 s",
             f"sum by (namespace) (rate({POD_CPU}[5m]))", 1, 60),
    Question("topk(10, ..), instant", f"topk(10, {POD_MEMORY})", endpoint="query"),
    Question("topk(10, sum by (namespace) (..)), 1 h, 60 s",
             f"topk(10, sum by (namespace) ({POD_MEMORY}))", 1, 60),
    Question("rate * on (namespace) group_left one, instant",
             f"sum by (team) (rate({POD_CPU}[5m]) * on (namespace) group_left (team) "
             "kube_namespace_labels)", endpoint="query"),
    Question("one node * on (namespace) group_left one, 1 h, 60 s",
             f'{POD_MEMORY}{{node="node-0042"}} * on (namespace) group_left (team) '
             "kube_namespace_labels", 1, 60),
    Question("absent of 100,000 series, instant", f"absent({POD_CPU})", endpoint="query"),
    Question("count by (node) (..), instant", f"count by (node) ({POD_MEMORY})", endpoint="query"),
    Question("count by (zone) of a join, instant",
             f"count by (zone) ({POD_MEMORY} * on (node) group_left (zone) kube_node_info)",
             endpoint="query"),
    Question("pods of one namespace, instant", f'{POD_MEMORY}{{namespace="ns-017"}}',
             endpoint="query"),
]

# By dataset.
QUESTIONS = {"hosts": HOST_QUESTIONS, "wide": WIDE_QUESTIONS}
