"""Random PromQL expressions that are correct in their types, as trees that can be made smaller.

A Node knows its type ("scalar", "vector", "matrix" or "string") and prints itself from a template in
which {0}, {1} ... stand for its children."""
import re

RANGES = ("15s", "45s", "1m", "2m", "5m", "13m", "30m", "1h")
OFFSETS = ("30s", "1m", "7m", "-45s", "-3m", "12345ms")
SUBQUERIES = ("5m:1m", "10m:30s", "7m:45s", "20m:", "3m:10s")
# The same made of numbers and operators.
RANGE_EXPRESSIONS = ("300", "4m + 60", "2 * 150s", "(30s + 1m) * 3", "1h / 12", "2 ^ 8", "-1m + 6m",
                     "1000 % 350", "0x12c")
OFFSET_EXPRESSIONS = ("90", "(1m + 30s)", "-(45s * 2)", "(-30)", "(7m - 2 ^ 3)")
SUBQUERY_EXPRESSIONS = ("2m * 3:1m", "10m:15s + 15", "600:(1m / 2)", "(3m):10s * 2")
LABELS = ("job", "instance", "mode", "cpu", "code", "handler", "le", "quantile", "kind", "device",
          "zone", "missing", "über.label", "__name__")
BY_OFTEN = ("job", "instance", "mode", "le")

MAP_FUNCTIONS = ("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh",
                 "deg", "exp", "floor", "ln", "log10", "log2", "rad", "sgn", "sin", "sinh", "sqrt",
                 "tan", "tanh", "day_of_month", "day_of_week", "day_of_year", "days_in_month",
                 "hour", "minute", "month", "year", "timestamp", "sort", "sort_desc")
RANGE_FUNCTIONS = ("avg_over_time", "changes", "count_over_time", "delta", "deriv",
                   "first_over_time", "idelta", "increase", "irate", "last_over_time",
                   "mad_over_time", "max_over_time", "min_over_time", "present_over_time", "rate",
                   "resets", "stddev_over_time", "stdvar_over_time", "sum_over_time",
                   "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time",
                   "ts_of_min_over_time")
# Every function of its own form, as templates.
OTHER_FUNCTIONS = (
    ("absent", "absent({a})"), ("absent_over_time", "absent_over_time({r})"),
    ("clamp", "clamp({v}, {s}, {s})"), ("clamp_max", "clamp_max({v}, {s})"),
    ("clamp_min", "clamp_min({v}, {s})"),
    ("double_exponential_smoothing", "double_exponential_smoothing({m}, {share}, {share})"),
    ("histogram_avg", "histogram_avg({n})"), ("histogram_count", "histogram_count({n})"),
    ("histogram_sum", "histogram_sum({n})"), ("histogram_stddev", "histogram_stddev({n})"),
    ("histogram_stdvar", "histogram_stdvar({n})"),
    ("histogram_fraction", "histogram_fraction({s}, {s}, {b})"),
    ("histogram_quantile", "histogram_quantile({share}, {b})"),
    ("histogram_quantile", "histogram_quantile({s}, {b})"),
    ("info", "info({v})"), ("info", 'info({v}, {{version=~".+"}})'),
    ("info", 'info({v}, {{env=~".*"}})'),
    ("label_join", 'label_join({v}, "{l}", "-", "{l}", "{l}")'),
    ("label_replace", 'label_replace({v}, "{l}", "$1-x", "{l}", "(.*)")'),
    ("label_replace", 'label_replace({v}, "new", "${{1}}_$2", "{l}", "([a-z]+)(.*)")'),
    ("predict_linear", "predict_linear({m}, {s})"),
    ("quantile_over_time", "quantile_over_time({share}, {m})"),
    ("quantile_over_time", "quantile_over_time({s}, {m})"),
    ("round", "round({v})"), ("round", "round({v}, {s})"),
    ("sort_by_label", 'sort_by_label({v}, "{l}")'),
    ("sort_by_label_desc", 'sort_by_label_desc({v}, "{l}", "{l}")'),
    ("vector", "vector({s})"),
    ("day_of_week", "day_of_week()"), ("hour", "hour()"), ("minute", "minute()"),
)
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
AGGREGATORS = ("sum", "avg", "count", "min", "max", "group", "stddev", "stdvar")
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
SETS = ("and", "or", "unless")
NUMBERS = ("0", "1", "2", "-1", "0.5", "3.7", "100", "1e9", "-0.25", "NaN", "Inf", "-Inf", "0x1f",
           "1e-3", "300", "5m", "1_000.5", "017", ".5", "1h30m")
SHARES = ("0.5", "0.9", "0.99", "0.1", "0.25", "0.001")


def label(name):
    """As it stands in a matcher or a grouping."""
    return name if NAME.fullmatch(name) else f'"{name}"'


def escaped(value):
    """A regular expression of the value, as it stands in a string."""
    return re.escape(value).replace("\\", "\\\\")


class Node:
    def __init__(self, kind, template, *children):
        self.kind = kind
        self.template = template
        self.children = children

    def text(self):
        parts = [child.text() for child in self.children]
        return re.sub(r"\x00(\d+)\x00", lambda found: parts[int(found.group(1))], self.template)

    def descendants(self):
        for child in self.children:
            yield child
            yield from child.descendants()


def slot(index):
    return f"\x00{index}\x00"


class Generator:
    """`catalog` lists Metrics (differential_data.py); `functions` are those to use."""

    def __init__(self, random, catalog, functions, times):
        self.random = random
        self.catalog = catalog
        self.buckets = [metric for metric in catalog if "le" in metric.labels]
        self.natives = [metric for metric in catalog if metric.is_native]
        self.quoted = [metric for metric in catalog if not NAME.fullmatch(metric.name)]
        self.functions = functions
        self.times = times  # (first, last) second of the data

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def known(self, names):
        return [name for name in names if name in self.functions]

    def expression(self):
        depth = self.pick((1, 2, 2, 3, 3, 4))
        form = self.random.random()
        if form < 0.05:
            return self.scalar(depth)
        if form < 0.06:
            return Node("string", self.pick(('"text"', "'it\\'s'", "`a\\n`", '"\\u00e4\\x41"')))
        return self.matrix(depth) if form < 0.075 else self.vector(depth)

    # Selectors

    def matchers(self, metric):
        """Mostly those of one of its series, so that something is found."""
        texts = []
        one = self.pick(metric.series)
        of_one = self.chance(0.93)
        labels = one if of_one else metric.labels
        for name in self.random.sample(sorted(labels), min(len(labels), self.pick((0, 0, 1, 1, 2)))):
            value = one[name] if of_one else self.pick(metric.labels[name])
            texts.append(label(name) + self.comparison(value, metric.labels[name]))
            if self.chance(0.08):
                texts.append(label(name) + self.pick(('!=""', '=~".*"', '!~"x|y"')))
        if self.chance(0.05):
            texts.append(self.pick(('missing=""', 'missing!="x"', 'missing=~"|x"')))
        if self.chance(0.03):
            return "{" + ", ".join([f'__name__=~"{escaped(metric.name[:12])}.*"'] + texts) + "}"
        if not NAME.fullmatch(metric.name) or self.chance(0.02):
            texts.insert(self.random.randrange(len(texts) + 1), f'"{metric.name}"')
            return "{" + ", ".join(texts) + "}"
        return metric.name + ("{" + ", ".join(texts) + "}" if texts else "")

    def comparison(self, value, values):
        """Of a label with a value, of which the series mostly has the first."""
        others = [other for other in values if other != value]
        form = self.random.random()
        if form < 0.5:
            return f'="{value}"'
        if form < 0.65:
            return f'!="{self.pick(others) if others else "none"}"'
        if form < 0.9 or not others:
            pattern = self.pick((escaped(value), escaped(value[:1]) + ".*", ".+", "(?i)" + escaped(value),
                                 "|".join(map(escaped, [value] + others[:2]))))
            return f'=~"{pattern}"'
        return f'!~"{escaped(self.pick(others))}"'

    def modifiers(self):
        offset = at = ""
        if self.chance(0.12):
            offset = " offset " + self.pick(OFFSETS if self.chance(0.8) else OFFSET_EXPRESSIONS)
        if self.chance(0.08):
            first, last = self.times
            at = " @ " + self.pick(("start()", "end()", f"{self.random.uniform(first, last):.3f}"))
        return offset + at if self.chance(0.5) else at + offset

    def range(self, ranges=RANGES):
        return self.pick(ranges if self.chance(0.9) else RANGE_EXPRESSIONS)

    def metric(self):
        if self.chance(0.12):
            return self.pick(self.natives)
        return self.pick(self.quoted if self.chance(0.02) else self.catalog)

    def selector(self, entry=None):
        return Node("vector", self.matchers(entry or self.metric()) + self.modifiers())

    def matrix(self, depth, entry=None):
        if depth > 1 and self.chance(0.2):
            inner = self.vector(min(depth - 1, 2), entry)
            steps = self.pick(SUBQUERIES if self.chance(0.85) else SUBQUERY_EXPRESSIONS)
            return Node("matrix", f"({slot(0)})[{steps}]{self.modifiers()}", inner)
        selector = self.matchers(entry or self.metric())
        return Node("matrix", f"{selector}[{self.range()}]{self.modifiers()}")

    # Vectors

    def vector(self, depth, entry=None):
        if depth <= 0:
            return self.selector(entry)
        form = self.random.random()
        if form < 0.28:
            return self.range_call(depth, entry)
        if form < 0.40:
            return self.map_call(depth, entry)
        if form < 0.55:
            return self.other_call(depth, entry)
        if form < 0.73:
            return self.aggregation(depth, entry)
        if form < 0.94:
            return self.binary(depth, entry)
        if form < 0.97:
            inner = self.vector(depth - 1, entry)
            return Node("vector", f"{self.pick('--+')}{slot(0)}",
                        self.parens(inner) if self.chance(0.7) else inner)
        return self.selector(entry)

    def parens(self, node):
        return Node(node.kind, f"({slot(0)})", node)

    def range_call(self, depth, entry):
        name = self.pick(self.known(RANGE_FUNCTIONS))
        return Node("vector", f"{name}({slot(0)})", self.matrix(depth, entry))

    def map_call(self, depth, entry):
        name = self.pick(self.known(MAP_FUNCTIONS))
        return Node("vector", f"{name}({slot(0)})", self.vector(depth - 1, entry))

    def other_call(self, depth, entry):
        name, template = self.pick([form for form in OTHER_FUNCTIONS if form[0] in self.functions])
        children = []

        def fill(found):
            what = found.group(1)
            if what == "l":
                return self.pick(LABELS)
            if what == "share":
                return self.pick(SHARES)
            if what == "v":
                children.append(self.vector(depth - 1, entry))
            elif what == "n":
                children.append(self.native(depth - 1))
            elif what == "a":
                children.append(self.absentee(depth, "vector"))
            elif what == "r":
                children.append(self.absentee(depth, "matrix"))
            elif what == "s":
                children.append(self.scalar(min(depth - 1, 1)))
            elif what == "m":
                children.append(self.matrix(depth, entry))
            else:
                children.append(self.histogram())
            return slot(len(children) - 1)

        text = re.sub(r"(?<!\{)\{(l|share|v|s|m|b|n|a|r)\}(?!\})", fill, template)
        return Node("vector", text.replace("{{", "{").replace("}}", "}"), *children)

    def absentee(self, depth, kind):
        """Something of which there is mostly nothing."""
        if self.chance(0.2):
            return self.matrix(depth) if kind == "matrix" else self.vector(depth - 1)
        name = self.metric().name
        labels = ", ".join([f'{label(self.pick(LABELS[:-1]))}{self.pick(("=", "=", "=~"))}"nowhere"',
                            f'zone="z{self.pick((1, 2))}"'][:self.pick((1, 2))])
        suffix = f"[{self.pick(RANGES)}]" if kind == "matrix" else ""
        return Node(kind, f"{name}{{{labels}}}{suffix}{self.modifiers()}")

    def native(self, depth):
        """A vector of native histograms, most of the time."""
        if depth > 0 and self.chance(0.3):
            return self.vector(depth, self.pick(self.natives))
        metric = self.pick(self.natives)
        selector = self.matchers(metric)
        form = self.random.random()
        if form < 0.35:
            return Node("vector", selector + self.modifiers())
        name = self.pick(("rate", "increase", "delta", "irate", "idelta", "sum_over_time",
                          "avg_over_time", "last_over_time"))
        rolled = Node("vector", f"{name}({selector}[{self.range(RANGES[2:])}]{self.modifiers()})")
        if form < 0.7:
            return rolled
        return Node("vector", f"{self.pick(('sum', 'avg'))}{self.grouping()}({slot(0)})", rolled)

    def histogram(self):
        if self.chance(0.3):
            return self.native(1)
        metric = self.pick(self.buckets) if self.chance(0.95) else self.metric()
        rate = Node("vector", f"{self.pick(('rate', 'increase'))}({self.matchers(metric)}"
                              f"[{self.range(RANGES[1:])}]{self.modifiers()})")
        form = self.random.random()
        if form < 0.4:
            return rate
        if form < 0.7:
            return Node("vector", f"sum by ({self.pick(('le', 'le, job', 'le, handler'))}) ({slot(0)})",
                        rate)
        return self.selector(metric)

    def grouping(self):
        form = self.random.random()
        if form < 0.3:
            return ""
        pool = BY_OFTEN if self.chance(0.6) else LABELS
        labels = ", ".join(map(label, self.random.sample(pool, self.pick((0, 1, 1, 2)))))
        return f" {self.pick(('by', 'by', 'without'))} ({labels}) "

    def aggregation(self, depth, entry):
        inner = self.vector(depth - 1, entry)
        form = self.random.random()
        if form < 0.72:
            return Node("vector", f"{self.pick(AGGREGATORS)}{self.grouping()}({slot(0)})", inner)
        if form < 0.82:
            name = self.pick(("topk", "bottomk", "limitk"))
            k = Node("scalar", self.pick(("1", "2", "3", "5", "0", "100", "time() % 3", "2.7")))
            return Node("vector", f"{name}{self.grouping()}({slot(0)}, {slot(1)})", k, inner)
        if form < 0.87:
            ratio = self.pick(("0.5", "-0.5", "0.1", "1", "-0.9"))
            grouping = self.grouping() if self.chance(0.4) else ""
            return Node("vector", f"limit_ratio{grouping}({ratio}, {slot(0)})", inner)
        if form < 0.94:
            return Node("vector", f"quantile{self.grouping()}({slot(0)}, {slot(1)})",
                        self.scalar(0) if self.chance(0.4) else Node("scalar", self.pick(SHARES)),
                        inner)
        return Node("vector", f'count_values{self.grouping()}("{self.pick(LABELS[1:])}", {slot(0)})',
                    inner)

    def matching(self):
        form = self.random.random()
        if form < 0.35:
            return ""
        pool = BY_OFTEN if self.chance(0.6) else LABELS
        labels = ", ".join(map(label, self.random.sample(pool, self.pick((0, 1, 1, 2)))))
        text = f" {self.pick(('on', 'ignoring'))} ({labels})"
        if form < 0.7:
            return text
        include = self.pick(("", "", "mode", "zone", "version", "job", "mode, zone", '"über.label"'))
        return f"{text} {self.pick(('group_left', 'group_right'))} ({include})"

    def binary(self, depth, entry):
        form = self.random.random()
        if form < 0.3:
            operator = self.pick(ARITHMETIC + COMPARISONS)
            if operator in COMPARISONS and self.chance(0.7):
                operator += " bool"
            sides = [self.operand(depth, entry), self.parens(self.scalar(min(depth - 1, 1)))]
            self.random.shuffle(sides)
            return Node("vector", f"{slot(0)} {operator} {slot(1)}", *sides)
        # Sides of the same metric match each other, of the same series even more; of two metrics
        # they hardly ever do.
        if entry is None and self.chance(0.85):
            entry = self.metric()
            if self.chance(0.5):
                entry = entry.pinned(self.pick(entry.series))
        left, right = self.operand(depth, entry), self.operand(depth, entry)
        if form < 0.5:
            operator, matching = self.pick(SETS), self.matching().split(" group_")[0]
            if operator == "unless" and entry and self.chance(0.8):  # else nothing is left
                matching = ""
                right = self.operand(depth, entry.pinned(self.pick(entry.series)))
        elif form < 0.7:
            operator = self.pick(COMPARISONS) + self.pick(("", " bool", " bool"))
            matching = self.matching()
        else:
            operator, matching = self.pick(ARITHMETIC), self.matching()
        return Node("vector", f"{slot(0)} {operator}{matching} {slot(1)}", left, right)

    def operand(self, depth, entry):
        return self.parens(self.vector(depth - 1, entry))

    # Scalars

    def scalar(self, depth):
        form = self.random.random()
        if depth <= 0 or form < 0.4:
            return Node("scalar", self.pick(NUMBERS))
        if form < 0.5:
            return Node("scalar", self.pick(("time()", "pi()", "time() % 7", "time() / 1e9")))
        if form < 0.7:
            return Node("scalar", f"scalar({slot(0)})", self.vector(depth - 1))
        operator = self.pick(ARITHMETIC + tuple(f"{name} bool" for name in COMPARISONS))
        return Node("scalar", f"{slot(0)} {operator} {slot(1)}", self.parens(self.scalar(depth - 1)),
                    self.parens(self.scalar(depth - 1)))


# What a word of an expression may be, and what has no word of its own.
WORD = re.compile(r"[a-z_]\w*(?= ?(?:(?:by|without) \([^)]*\) ?)?\()|\b(?:and|or|unless|atan2|bool|by|without|on|ignoring|group_left"
                  r"|group_right|offset)\b|[<>=!]=|=~|!~|[-+*/%^<>@]")
FORMS = {"a negative offset": r"offset -", "@ start()": r"@ start\(\)", "@ end()": r"@ end\(\)",
         "@ a time": r"@ \d", "a subquery": r"\[[^\]\"]*:[^\]\"]*\]", "a subquery in a subquery": r":\S*\].*:\S*\]",
         "a duration expression": r"\[[^\]\"]*[*/%^+][^\]\"]*\]|offset -?\(",
         "a name in quotes": r'[{,] ?"[^"]*" ?[,}]', "a label in quotes": r'"[^"]+"[=!]',
         "a range of native histograms": r"native\w*(\{[^}]*\})?\["}


def elements_of(text):
    """The functions, operators, modifiers and forms of an expression."""
    return set(WORD.findall(text)) | {form for form, pattern in FORMS.items() if re.search(pattern, text)}
