"""Native histograms for the differential test: of every kind of layout, with growth, resets, gaps
and stale markers, and with what senders do wrong."""
import math

from wire_format import STALE_NAN_BITS

STALE_HISTOGRAM = {"schema": 0, "count": 0, "sum": STALE_NAN_BITS}


class HistogramWalk:
    """The histograms of one series: `buckets` is how many there are on the positive side."""

    def __init__(self, random, schema, buckets, **form):
        self.random = random
        self.schema = schema
        self.form = form
        self.low = random.randrange(-4, 3) if schema != -53 else 0
        begin = form.get("begin", 0)
        self.positive = {self.low + i: begin for i in range(buckets)}
        self.negative = {-2 + i: begin for i in range(form.get("negative", 0))}
        self.zero_count = begin if form.get("zero") else 0
        self.sum = float(begin * buckets)

    def grow(self):
        random = self.random
        for side, sign in ((self.positive, 1), (self.negative, -1)):
            for index in side:
                if random.random() < 0.7:
                    more = random.randrange(0, 20)
                    side[index] += more
                    self.sum += sign * more * 1.5
        if self.form.get("zero") and random.random() < 0.5:
            self.zero_count += random.randrange(0, 5)

    def fluctuate(self):
        for side in (self.positive, self.negative):
            for index in side:
                side[index] = max(0, side[index] + self.random.randrange(-9, 10))
        self.sum = sum(self.positive.values()) * 1.25

    def reset(self):
        for side in (self.positive, self.negative):
            for index in side:
                side[index] = 0
        self.zero_count, self.sum = 0, 0.0

    def step(self, i):
        form, random = self.form, self.random
        if form.get("gauge"):
            self.fluctuate()
        else:
            if form.get("resets") and random.random() < 0.02:
                self.reset()
            self.grow()
        value = {"schema": self.schema, "sum": self.sum, "zero_count": self.zero_count,
                 "positive": {k: v for k, v in self.positive.items() if v or not form.get("sparse")},
                 "negative": dict(self.negative)}
        if form.get("zero"):
            value["zero_threshold"] = 0.001
            if form.get("widening") and i > 150:
                value["zero_threshold"] = 0.01
        if form.get("gauge"):
            value["hint"] = "gauge"
        if form.get("coarser") and 100 <= i < 200:
            value["schema"] = self.schema - 1
            merged = {}
            for index, count in value["positive"].items():
                merged[(index + 1) // 2] = merged.get((index + 1) // 2, 0) + count
            value["positive"] = merged
        if self.schema == -53:
            value["custom_values"] = form["bounds"](i)
            value["positive"] = {k: v for k, v in value["positive"].items()
                                 if k <= len(value["custom_values"])}
        value["count"] = (value["zero_count"] + sum(value["positive"].values())
                          + sum(value["negative"].values()))
        if form.get("nan") and random.random() < 0.1:
            value["sum"] = math.nan
            value["count"] += 1
        if form.get("fractions"):
            value["float"] = True
            for key in ("count", "zero_count"):
                value[key] = value[key] / 3
            for side in ("positive", "negative"):
                value[side] = {k: v / 3 for k, v in value[side].items()}
        return value


# Of each metric its series by `kind`: (schema, buckets, form).
METRICS = {
    "native_seconds": {  # counters far from zero, all of one layout
        "plain": (2, 6, {"begin": 100000}), "other": (2, 4, {"begin": 50000}),
        "zero": (2, 5, {"begin": 100000, "zero": True, "negative": 3}),
    },
    "native_restarted_seconds": {  # counters that begin at zero, and again
        "resets": (1, 5, {"resets": True}), "sparse": (1, 5, {"resets": True, "sparse": True}),
        "fractions": (3, 5, {"resets": True, "fractions": True}),
    },
    "native_layouts": {
        "coarser": (3, 8, {"begin": 1000, "coarser": True}),
        "widening": (2, 5, {"begin": 1000, "zero": True, "widening": True, "negative": 2}),
        "finest": (8, 12, {"begin": 1000}), "coarsest": (-4, 3, {"begin": 1000}),
    },
    "native_gauge": {
        "plain": (2, 6, {"begin": 100, "gauge": True}),
        "fractions": (0, 4, {"begin": 100, "gauge": True, "fractions": True}),
    },
    "native_custom": {
        "plain": (-53, 5, {"begin": 5000, "bounds": lambda i: [0.1, 0.5, 1.0, 5.0]}),
        "same": (-53, 5, {"begin": 100, "bounds": lambda i: [0.1, 0.5, 1.0, 5.0]}),
    },
    "native_changing": {
        "bounds": (-53, 5, {"begin": 5000, "bounds": lambda i: [0.1, 0.5, 1.0, 5.0] if i < 150
                            else [0.1, 1.0, 5.0, 9.0]}),
    },
    "native_strange": {"nan": (1, 4, {"begin": 100, "nan": True})},
}


def histogram_series(random, ticks, target, times_of):
    """[(labels, [(ms, histogram or float)])]; times_of() gives [(ms, whether it ends there)]."""
    result = []
    for name, kinds in METRICS.items():
        for kind, (schema, buckets, form) in kinds.items():
            for job, instance in target:
                walk = HistogramWalk(random, schema, buckets, **form)
                # 3.5 takes the float histograms of a request after all whole ones.
                stale = {**STALE_HISTOGRAM, "float": form.get("fractions", False)}
                points = [(at, stale if ends else walk.step(i))
                          for i, (at, ends) in enumerate(times_of())]
                result.append(({"__name__": name, "kind": kind, "job": job, "instance": instance},
                               points))
    # Floats first, histograms from the middle on.
    walk = HistogramWalk(random, 1, 3, begin=10)
    half = len(ticks) // 2
    result.append(({"__name__": "native_mixed", "kind": "turns", "job": "a", "instance": "i1"},
                   [(t, float(i) if i < half else walk.step(i)) for i, t in enumerate(ticks)]))
    return result
