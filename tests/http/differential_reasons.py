"""What may differ between Varve, which follows the main branch of Prometheus, and the release it is
compared with: each by the change that made it, and as narrowly as can be said."""
import json
import math
import re

from differential_answers import by_labels, difference, points_of, rendered, same_number

ASKED_AGAIN_MAX = 8


class Case:
    """The smallest expression that differs."""

    def __init__(self, varved, peer, question, node, found, mine, theirs):
        self.varved = varved
        self.peer = peer
        self.question = question
        self.node = node
        self.text = node.text() if hasattr(node, "text") else node
        self.found = found
        self.mine = mine
        self.theirs = theirs

    def answers(self, node):
        """(mine, theirs) of a part of the expression."""
        return tuple(self.question.ask(server, node.text()) for server in (self.varved, self.peer))


def undetermined(case):
    """Asked again, 3.5 gives another answer, or the one that Varve gave."""
    for _ in range(ASKED_AGAIN_MAX):
        again = case.question.ask(case.peer, case.text)
        if difference(again, case.theirs, case.found.startswith("order")) is not None:
            return True
    return False


def numbers_of(answer):
    result = json.loads(answer[1])["data"]
    if result["resultType"] in ("scalar", "string"):
        return [float(result["result"][1])]
    numbers = []
    for series in result["result"]:
        for _, value in points_of(series):
            numbers += [value["count"], value["sum"]] if isinstance(value, dict) else [value]
    return [abs(float(number)) for number in numbers]


def operands_differ_in_last_digits(case):
    """The operands are the same to 1e-12, but not to the bit: Go has functions of its own (sin, exp,
    pow ...) where C has others. What is made of them then differs by as little, measured by the
    operands, or takes the other side of a comparison."""
    largest, differ = 0.0, False
    for child in case.node.descendants():
        if child.kind == "string" or (child.kind == "matrix" and case.question.path == "query_range"):
            continue
        mine, theirs = case.answers(child)
        if mine[0] != 200 or theirs[0] != 200:
            continue
        differ = differ or rendered(mine[1]) != rendered(theirs[1])
        largest = max([largest, *(n for n in numbers_of(theirs) if math.isfinite(n))])
    values = VALUES.match(case.found)
    if not differ or not values or values.group(3).startswith("{"):
        return differ
    a, b = float(values.group(3)), float(values.group(4))
    return abs(a - b) <= max(1e-9 * max(abs(a), abs(b)), 1e-11 * largest)


DUPLICATES = re.compile(r"hand-side of the operation: \[(\{.*?\}), (\{.*?\})\];many-to-many")


def duplicates_in_order(case):
    """Of two series of one match group main names the one with the smaller labels first, 3.5 the one
    that comes second."""
    both = DUPLICATES.findall(case.found)
    return (len(both) == 2 and both[0] == both[1][::-1]
            and len({DUPLICATES.sub("", part) for part in re.split(", want ", case.found)}) <= 2)


def seconds(duration):
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    sign = -1 if duration.startswith("-") else 1
    return sign * sum(int(count) * units[unit]
                      for count, unit in re.findall(r"(\d+)(ms|[smh])", duration))


RATE = re.compile(r"^(rate|increase)\((.*)\[(\w+)(:\w*|)\]([^\[\]]*)\)$")
VALUES = re.compile(r"^(\{.*?\}) at ([0-9.]+): (.*), want (.*)$")


def histogram_reaches_zero(case):
    """3.6, #16828: a histogram's count, too, cannot have been below zero where it is extrapolated."""
    call, found = RATE.match(case.text), VALUES.match(case.found)
    if not call or not found or not found.group(4).startswith("{"):
        return False
    function, selector, length, step, modifiers = call.groups()
    at, mine, theirs = float(found.group(2)), *(json.loads(found.group(i).replace("'", '"'))
                                                for i in (3, 4))
    params = case.question.params
    end = at
    pinned = re.search(r"@ (\S+)", modifiers)
    if pinned:
        first, last = params.get("start", params.get("time")), params.get("end", params.get("time"))
        end = {"start()": first, "end()": last}.get(pinned.group(1)) or float(pinned.group(1))
    offset = re.search(r"offset (\S+)", modifiers)
    end -= seconds(offset.group(1)) if offset else 0
    _, _, body = case.peer.get("/api/v1/query", {"query": f"{selector}[{length}{step}]", "time": end})
    for series in json.loads(body)["data"]["result"]:
        labels = {key: value for key, value in series["metric"].items() if key != "__name__"}
        if labels == json.loads(found.group(1)):
            break
    else:
        return False
    points, span = points_of(series), seconds(length)
    first, last = points[0][0], points[-1][0]
    sampled, between = last - first, (last - first) / (len(points) - 1)
    to_start, to_end = round(first - (end - span), 3), round(end - last, 3)  # whole milliseconds
    to_start = between / 2 if to_start >= between * 1.1 else to_start
    to_end = between / 2 if to_end >= between * 1.1 else to_end
    scale = span if function == "rate" else 1
    growth = float(theirs["count"]) * scale * sampled / (sampled + to_start + to_end)
    if growth <= 0:
        return False
    to_zero = sampled * float(points[0][1]["count"]) / growth
    want = growth * (sampled + to_zero + to_end) / sampled / scale
    return to_zero < to_start and abs(float(mine["count"]) - want) <= 1e-9 * want


STATISTIC = re.compile(r"histogram_(avg|count|sum)\(")


def reads_no_buckets(case):
    """Below a histogram_count (avg, sum) that is not the outermost 3.5 reads no buckets, and so sees
    none of them reset; asked for alone that part answers what Varve answers."""
    if STATISTIC.match(case.text) or not STATISTIC.search(case.text):
        return False
    for child in case.node.descendants():
        if child.kind == "string" or child.kind == "matrix" and "step" in case.question.params:
            continue
        if difference(*case.answers(child), False) is not None:
            return False
    return True


def bounds_of_the_last_bucket(case):
    """Where NaN was observed 3.5 goes on to the last bucket, to count, and takes its bounds."""
    call, found = re.match(r"^histogram_quantile\(", case.text), VALUES.match(case.found)
    if not call or not found:
        return False
    literal = re.match(r"^histogram_quantile\(([0-9.]+),", case.text)
    share = float(literal.group(1)) if literal else None
    for series in json.loads(case.answers(case.node.children[-1])[1][1])["data"]["result"]:
        labels = {key: value for key, value in series["metric"].items() if key != "__name__"}
        for at, value in points_of(series):
            if labels != json.loads(found.group(1)) or at != float(found.group(2)):
                continue
            if not isinstance(value, dict):
                return False
            if share is None:
                return value["sum"] == "NaN"
            rank = share * float(value["count"])
            for _, _, _, of_bucket in value["buckets"]:
                if rank <= float(of_bucket):
                    break
                rank -= float(of_bucket)
            lower, upper, of_last = map(float, value["buckets"][-1][1:])
            want = lower * 2 ** (math.log2(upper / lower) * rank / of_last)
            return value["sum"] == "NaN" and abs(float(found.group(4)) - want) <= 1e-9 * want
    return False


def info_looks_where_the_selectors_look(case):
    """Main looks for info where the selectors look, 3.5 at the step: without offset and @ they agree."""
    plain = re.sub(r" (offset|@) \S+?(?=[ ,)]|$)", "", case.text)
    if "info(" not in case.text or plain == case.text:
        return False
    answers = [case.question.ask(server, plain) for server in (case.varved, case.peer)]
    return (difference(*answers, False) is None
            or "found duplicate series for info metric" in answers[1][1].decode())


def info_refuses_no_step(case):
    """3.7, #17135: 3.5 refuses a range for two info series that are not there at the same step."""
    if "info(" not in case.text or "want 422 found duplicate series for info" not in case.found:
        return False
    params = case.question.params
    if "step" not in params:
        return False
    at = params["start"]
    while at <= params["end"]:
        status, _, _ = case.peer.get("/api/v1/query", {"query": case.text, "time": at})
        if status != 200:
            return False
        at += params["step"]
    return True


def info_label_of_both(case):
    """3.10, #17817: info() keeps a series that has the label itself by which info is chosen."""
    if "info(" not in case.text or not re.search(r"series, want .*missing \[\]$", case.found):
        return False
    label = re.search(r"\{(\w+)=~", case.text)
    extra = set(by_labels(json.loads(case.mine[1])["data"]["result"]))
    extra -= set(by_labels(json.loads(case.theirs[1])["data"]["result"]))
    below = json.loads(case.answers(case.node.children[0])[1][1])["data"]["result"]
    bearing = set(by_labels([series for series in below if label.group(1) in series["metric"]]))
    return bool(label) and extra <= bearing


def hyperbola_overflows(case):
    """Go's sinh and cosh halve the exponential function, which overflows before they do."""
    found = VALUES.match(case.found)
    return (bool(found) and bool(re.match(r"^(sinh|cosh)\(", case.text))
            and abs(float(found.group(3))) > 8.9e307 and math.isinf(float(found.group(4))))


def logarithm_of_a_denormal(case):
    """Go takes a number below 2.2e-308 for 2^-1023 in its logarithms."""
    found = VALUES.match(case.found)
    base = re.match(r"^(ln|log2|log10)\(", case.text)
    if not found or not base:
        return False
    low, high = -1075, -1022
    scale = {"ln": math.log(2), "log2": 1, "log10": math.log10(2)}[base.group(1)]
    return all(low * scale <= float(found.group(i)) <= high * scale for i in (3, 4))


def any_of_the_duplicates(case):
    """Which of several duplicates is named is a question of the order of the vector, which is that of
    a heap behind these."""
    return (bool(re.search(r"\b(topk|bottomk|limitk|limit_ratio|sort\w*)\b", case.text))
            and len({re.sub(r"group \{.*?\} ", "", DUPLICATES.sub("", part).replace("error ", ""))
                     for part in case.found.split(", want ")}) == 1
            and len(DUPLICATES.findall(case.found)) == 2)


# (what changed, pattern of the smallest expression that differs, pattern of the difference).
CHANGES = (
    ("main: mad_over_time counts NaN", r"^mad_over_time", r": NaN, want"),
    ("3.8, #17424: histogram_fraction sorts classic buckets", r"^histogram_fraction",
     r", want NaN$"),
    ("3.8, #17199: info() names the two series of a duplicate", r"info\(",
     r"found duplicate series for info metric.*want execution found duplicate series for info "
     r"metric target_info"),
    ("3.9, #17668: many-to-one is refused even where there is one result, or none",
     r"(==|!=|<|>|native)",
     r"(status 422|error execution) multiple matches for labels: many-to-one matching must be "
     r"explicit.*want (200|execution found duplicate)"),
    ("main: duration expressions, of which the errors of ranges speak", r"",
     r"parse error: .*(expected number, duration, step\(\), (or )?range\(\).*, want"
     r"|want .*experimental duration expression is not enabled"
     r"|unexpected character: .*expected ':', want .*unexpected colon)"),
    ("main: the number of a token, which changes", r"", r"unexpected <op:@>.*want .*<Item [0-9]+>"),
    ("main: a second dot in a number is refused where it stands", r"[0-9.]\.",
     r"bad number or duration syntax.*want .*strconv.ParseFloat"),
    ("3.9, #17643: group_left without labels to match by is printed", r"group_(left|right)",
     r"format_query.* ignoring \(\) group_(left|right)"),
    ("3.5 fails on its own fault", r"", r", want .*unexpected error"),
    ("3.8, #17278: custom buckets of different bounds are reconciled", r"native_chang",
     r"(points|series), want|mismatched custom buckets"),
    ("3.7, #17051: conflicting counter resets are told of", r"native", r"conflicting counter resets"),
    ("3.7, #17004: a negated histogram is a gauge",
     r"native.*(-|\*|/)|(-|\*|/).*native", r"not a (counter|gauge)"),
    ("main tells that a range is in the order of its labels", r"sort",
     r"sort is ineffective for range queries"),
    ("3.7, #16794: no empty metric names, and the histogram's place, in what is told of histograms",
     r"histogram_(quantile|fraction)", r"(infos|warnings) .* for metric name"),
    ("3.7, #16794: no empty metric names in what is told of histograms", r"",
     r'(infos|warnings) .*missing .* for metric name ""'),
    ("3.5 takes an e behind the first digit of a hexadecimal number for an exponent",
     r"0[xX][0-9a-fA-F][eE]", r"want .*(error parsing number|bad number or duration syntax)"),
)

# (what changed, whether it is that).
CAUSES = (
    ("main: the two series of a duplicate are told in order", duplicates_in_order),
    ("3.6, #16828: histograms do not reach below zero", histogram_reaches_zero),
    ("3.5 reads no buckets below an inner histogram_count", reads_no_buckets),
    ("Go's sinh and cosh overflow early", hyperbola_overflows),
    ("3.5 takes the last bucket where NaN was observed", bounds_of_the_last_bucket),
    ("3.10, #17817: info() with a label that the series has, too", info_label_of_both),
    ("3.7, #17135: 3.5 refuses a range of whose steps it refuses none", info_refuses_no_step),
    ("main: info() looks where the selectors look", info_looks_where_the_selectors_look),
    ("Go's logarithm of denormal numbers", logarithm_of_a_denormal),
    ("a heap's order decides which duplicate is named", any_of_the_duplicates),
    ("3.5 answers differently each time", undetermined),
    ("the operands differ in the last digits", operands_differ_in_last_digits),
)


def reason_of(case):
    """Why they differ; None where nobody knows."""
    for reason, expression, found in CHANGES:
        if re.search(expression, case.text, re.DOTALL) and re.search(found, case.found, re.DOTALL):
            return reason
    if isinstance(case.question, str):
        return None
    return next((reason for reason, holds in CAUSES if holds(case)), None)
