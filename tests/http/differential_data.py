"""The data of the differential test: the series of real pages of metrics, replicated over time by a
seeded random walk with what goes wrong in practice: gaps, counter resets, stale markers, NaN and
infinities, and series that come and go; and native histograms (differential_histograms.py)."""
import math
import re

from differential_histograms import histogram_series
from wire_format import STALE_NAN_BITS

BASE_S = 1_741_000_000 - 1_741_000_000 % 7200
SPAN_S = 5400
INTERVAL_S = 15
SERIES_PER_METRIC_MAX = 24
METRICS_MAX = 110

LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
# Of what several metrics have, so that expressions of two metrics match.
PREFERRED = re.compile(r"^(node_(cpu_seconds|memory_Mem|load|network_(receive|transmit)_bytes|disk_io)"
                       r"|go_(gc_dur|goroutines|memstats_alloc)|process_|prometheus_(http|tsdb_head|"
                       r"engine_query|rule|sd_)|promhttp_)")


def unescape(text):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found.group(1), found.group(1)), text)


def parse_page(page):
    """([(name, labels, value)], {name: type}) of a page in the text format."""
    samples, types = [], {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            types[name] = kind
        found = LINE.fullmatch(line)
        if found and not line.startswith("#"):
            labels = {name: unescape(value) for name, value in LABEL.findall(found.group(2) or "")}
            samples.append((found.group(1), labels, float(found.group(3))))
    return samples, types


def is_counter(name, types):
    for suffix in ("_bucket", "_count", "_sum"):
        if name.endswith(suffix) and types.get(name[:-len(suffix)]) in ("histogram", "summary"):
            return True
    return types.get(name) == "counter"


def choose(samples, random):
    """Some of the metrics, and of each some series; whole histograms."""
    names = sorted({name for name, _, _ in samples})
    preferred = [name for name in names if PREFERRED.match(name)]
    others = [name for name in names if not PREFERRED.match(name)]
    random.shuffle(others)
    kept = set((preferred + others)[:METRICS_MAX])
    chosen, count = [], {}
    for name, labels, value in samples:
        if name not in kept:
            continue
        count[name] = count.get(name, 0) + 1
        limit = SERIES_PER_METRIC_MAX * (4 if "le" in labels else 1)
        if count[name] <= limit:
            chosen.append((name, labels, value))
    return chosen


class Walk:
    """The values of one series."""

    def __init__(self, random, counter, value):
        self.random = random
        self.counter = counter
        self.value = value if math.isfinite(value) else 0.0
        self.whole = float(value).is_integer() if math.isfinite(value) else True
        self.scale = max(abs(self.value) / 50, 1.0 if self.whole else 0.01)
        self.odd = random.random() < 0.06

    def step(self):
        random = self.random
        if self.odd and random.random() < 0.08:
            return random.choice((math.nan, math.inf, -math.inf, -0.0, 1e300, 5e-324))
        if self.counter:
            if random.random() < 0.01:
                self.value = 0.0
            elif random.random() < 0.8:
                self.value += random.random() * self.scale
        elif random.random() < 0.7:
            self.value += (random.random() - 0.5) * self.scale
        return float(round(self.value)) if self.whole else self.value


def histogram_walks(members, random):
    """{le label: Walk of its cumulative count}: growth that never falls from bucket to bucket."""
    growth = {}
    total = 0.0
    for bound in sorted(members, key=float):
        total += random.choice((0.0, 0.3, 1.0, 2.0, 5.0))
        growth[bound] = total
    return growth


def series_times(random, offset_ms):
    """The times (ms) at which a series is scraped; None for a stale marker."""
    begin = BASE_S + (random.randrange(0, SPAN_S // 2) if random.random() < 0.15 else 0)
    end = BASE_S + SPAN_S - (random.randrange(0, SPAN_S // 2) if random.random() < 0.15 else 0)
    times, gap_until = [], 0
    for second in range(begin, end, INTERVAL_S):
        at = second * 1000 + offset_ms
        if second < gap_until:
            continue
        if random.random() < 0.004:
            gap_until = second + random.choice((30, 60, 400, 900))
            times.append((at, random.random() < 0.6))  # a gap mostly begins with a marker
            continue
        times.append((at, False))
    return times


def target_series(target, samples, types, random):
    """[(labels, [(ms, value)])] of one target."""
    offset_ms = random.randrange(0, INTERVAL_S * 1000)
    shared = {"job": target[0], "instance": target[1], "zone": target[2]}
    histograms = {}
    result = []
    own_times = series_times(random, offset_ms)
    for name, labels, value in samples:
        full = {**labels, **shared, "__name__": name}
        times = own_times if random.random() < 0.85 else series_times(random, offset_ms)
        points = []
        if "le" in labels:
            group = (name, tuple(sorted((k, v) for k, v in labels.items() if k != "le")))
            if group not in histograms:
                bounds = [l["le"] for n, l, _ in samples
                          if (n, tuple(sorted((k, v) for k, v in l.items() if k != "le"))) == group]
                reset_at = random.randrange(SPAN_S) if random.random() < 0.3 else None
                histograms[group] = (histogram_walks(bounds, random), reset_at, own_times)
            growth, reset_at, times = histograms[group]
            for at, stale in times:
                elapsed = at / 1000 - BASE_S
                if reset_at is not None and elapsed > reset_at:
                    elapsed -= reset_at
                points.append((at, STALE_NAN_BITS if stale else float(math.floor(growth[labels["le"]] * elapsed / 15))))
        else:
            walk = Walk(random, is_counter(name, types), value)
            points = [(at, STALE_NAN_BITS if stale else walk.step()) for at, stale in times]
        result.append((full, points))
    return result


def special_series(random):
    """Values and label sets that no page has."""
    result = []
    ticks = [BASE_S * 1000 + 15000 * i for i in range(SPAN_S // 15)]
    values = {
        "nan": lambda i: math.nan if i % 3 else 1.0, "inf": lambda i: (math.inf, -math.inf, 2.0)[i % 3],
        "constant": lambda i: 7.0, "ties": lambda i: float(i % 4), "tiny": lambda i: 5e-324 * (i % 7),
        "huge": lambda i: 1.7e308 * (-1) ** i, "negative": lambda i: -float(i) / 3,
        "zero": lambda i: -0.0 if i % 2 else 0.0,
        "reset": lambda i: float(i % 11), "big": lambda i: 1e15 + i,
    }
    for kind, value in values.items():
        for job in ("a", "b"):
            for name in ("special", "special_total"):
                result.append(({"__name__": name, "kind": kind, "job": job, "instance": "i1"},
                               [(t, value(i + (job == "b"))) for i, t in enumerate(ticks)]))
    # Names that need quotes.
    for name in ("über.metric", "über metric"):
        for value in ("ä", "b/c", ""):
            for job in ("a", "b"):
                labels = {"__name__": name, "über.label": value, "job": job, "instance": "i1"}
                result.append(({key: text for key, text in labels.items() if text},
                               [(t, float(i * len(name + value) % 97)) for i, t in enumerate(ticks)]))
    for i in range(12):
        result.append(({"__name__": "natural", "kind": f"item{i}", "job": "a", "instance": f"host-{i * 7 % 12}"},
                       [(t + i, float((i * 7 + k) % 5)) for k, t in enumerate(ticks)]))
    # Buckets that are not monotonic, without +Inf, with equal bounds and with a bad one.
    odd = {"0.1": 5, "0.5": 3, "1": 9, "1.0": 9, "2.5": 8.9999999999999, "+Inf": 12, "bad": 1}
    for le, count in odd.items():
        result.append(({"__name__": "odd_bucket", "le": le, "job": "a", "instance": "i1"},
                       [(t, count * float(i)) for i, t in enumerate(ticks)]))
    for le in ("-2", "-1", "0"):
        result.append(({"__name__": "open_bucket", "le": le, "job": "b", "instance": "i1"},
                       [(t, (3 + float(le)) * i) for i, t in enumerate(ticks)]))
    for target in TARGETS:
        for version, first, last in (("1", 0, 200), ("2", 180, len(ticks))):
            result.append(({"__name__": "target_info", "job": target[0], "instance": target[1],
                            "version": version, "env": "prod"}, [(t, 1.0) for t in ticks[first:last]]))
    return result


TARGETS = (("node", "a:9100", "z1"), ("node", "b:9100", "z2"), ("prometheus", "a:9090", "z1"))


def make_series(pages, random):
    """All series: `pages` has the text of a page by job."""
    result = []
    for target in TARGETS:
        samples, types = parse_page(pages[target[0]])
        result += target_series(target, choose(samples, random), types, random)
    result += special_series(random)
    ticks = [BASE_S * 1000 + 15000 * i for i in range(SPAN_S // 15)]
    targets = [(job, instance) for job, instance, _ in TARGETS]
    return result + histogram_series(random, ticks, targets, lambda: series_times(random, 0))


def catalog_of(series):
    """The metrics as the generator wants them."""
    metrics = {}
    for labels, points in series:
        name = labels["__name__"]
        metric = metrics.setdefault(name, Metric(name, any(isinstance(v, dict) for _, v in points)))
        metric.add({key: value for key, value in labels.items() if key != "__name__"})
    return [metrics[name] for name in sorted(metrics)]


class Metric:
    """A name, the values of each label, and the label sets of its series."""

    def __init__(self, name, is_native):
        self.name = name
        self.is_native = is_native
        self.labels = {}
        self.series = []

    def add(self, labels):
        self.series.append(labels)
        for label, value in labels.items():
            values = self.labels.setdefault(label, [])
            if value not in values:
                values.append(value)

    def pinned(self, labels):
        """The same metric, of which only one series is asked for."""
        other = Metric(self.name, self.is_native)
        other.labels = self.labels
        other.series = [labels]
        return other
