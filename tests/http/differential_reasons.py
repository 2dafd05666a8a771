"""What may differ between Varve, which follows the main branch of Prometheus, and the release it is
compared with, 3.5: each by the change that made it (a number is of a pull request of
prometheus/prometheus, and a version the first release that has it), and as narrowly as can be said:
a rule computes what either side must have said, or turns one side's text into the other's."""
import json
import math
import re

from differential_answers import annotations, by_labels, difference, points_of

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


def texts(case):
    """(mine, theirs): what was told instead of a value, or of the text alone."""
    if isinstance(case.question, str):
        return case.mine.get("error") or "", case.theirs.get("error") or ""
    return tuple(json.loads(answer[1]).get("error") or "" for answer in (case.mine, case.theirs))


def other_words(case):
    """Errors that say the same in the words of later parsers: the token @ has a name, durations may be
    made of step() and range(), and what stands behind one in brackets is named, not what follows it."""
    own, want = texts(case)
    if not own or not want or own == want:
        return False
    own = re.sub(r"in subquery or range selector(?=, expected number, duration)", "in subquery selector", own)
    own = re.sub(r"number, duration, step\(\), or range\(\)", "number or duration", own)
    own = re.sub(r"number, duration, step\(\), range\(\), (?=or )", "number or duration ", own)
    want = re.sub(r'"<Item \d+>" (?=<op:@>)', "", want)
    if own == want:
        return True
    mine, theirs = (re.match(r"(.*1:)(\d+)(: parse error: )(.*)$", text) for text in (own, want))
    if not mine or not theirs or int(theirs.group(2)) - int(mine.group(2)) not in (0, 1):
        return False
    word = re.match(r"unexpected character: '(.)', expected ':'$", mine.group(4))
    if word:  # behind a duration in brackets, of which 3.5 names the first character or the second
        return bool(re.match(r"unexpected (colon '.'|\"%s\" in subquery selector, expected number or "
                             r"duration)$" % re.escape(word.group(1)), theirs.group(4)))
    return (mine.group(4).startswith('unexpected ","')  # which stands between two arguments of max_of()
            and theirs.group(4) == "unexpected character in duration expression: ','")


def told(case):
    """[(mine, theirs)] warnings and infos that are told by one side alone, where the data agree."""
    if isinstance(case.question, str) or not re.match("warnings|infos", case.found):
        return None
    mine, theirs = [json.loads(answer[1]) for answer in (case.mine, case.theirs)]
    result = []
    for kind in ("warnings", "infos"):
        own, want = annotations(mine, kind), annotations(theirs, kind)
        result.append(([text for text in own if text not in want],
                       [text for text in want if text not in own]))
    return result


def only_tells_more(pattern):
    """Whether all that is different is what Varve tells in addition."""
    def holds(case):
        both = told(case)
        return both is not None and all(not want and all(re.search(pattern, text) for text in own)
                                        for own, want in both)
    return holds


def only_tells_less(pattern):
    def holds(case):
        both = told(case)
        return both is not None and all(not own and all(re.search(pattern, text) for text in want)
                                        for own, want in both)
    return holds


def annotations_of_histograms(case):
    """3.5 tells of no name where there is none, and takes another place for what it tells of."""
    both = told(case)
    if both is None:
        return False

    def plain(told_by_one):
        return {re.sub(r'( for metric name "[^"]*")?( \(\d+:\d+\))?$', "", text) for text in told_by_one}

    mine, theirs = [json.loads(answer[1]) for answer in (case.mine, case.theirs)]
    return (all(plain(annotations(mine, kind)) == plain(annotations(theirs, kind))
                for kind in ("warnings", "infos"))
            and all('for metric name ""' in text or "histogram_" in case.text
                    for _, want in both for text in want))


def negated_is_a_gauge(case):
    """3.5 takes what was multiplied by less than zero, or subtracted, for a counter still."""
    return ("native" in case.text and bool(re.search(r"[-*/]", case.text))
            and (only_tells_less(r"native histogram metric is not a gauge")(case)
                 or only_tells_more(r"native histogram metric is not a counter")(case)))


def mad_of_nan(case):
    """NaN among the values makes the deviation NaN; 3.5 ranks it below all others."""
    found = VALUES.match(case.found)
    if not found or not case.text.startswith("mad_over_time(") or found.group(3) != "NaN":
        return False
    _, _, body = case.peer.get("/api/v1/query", {"query": case.node.children[0].text(),
                                                 "time": float(found.group(2))})
    for series in json.loads(body)["data"]["result"]:
        labels = {key: value for key, value in series["metric"].items() if key != "__name__"}
        if labels == json.loads(found.group(1)):
            return any(value == "NaN" for _, value in series["values"])
    return False


def fraction_of_the_first_bucket(case):
    """3.5 divides infinity by infinity where the lower bound lies in the first bucket."""
    found = VALUES.match(case.found)
    if not found or not case.text.startswith("histogram_fraction(") or found.group(4) != "NaN":
        return False
    at = {"time": float(found.group(2))}
    answers = [json.loads(case.peer.get("/api/v1/query", {"query": child.text(), **at})[2])["data"]
               for child in case.node.children]
    lower = float(answers[0]["result"][1])
    bounds = []
    for series in answers[2]["result"]:
        labels = {key: value for key, value in series["metric"].items() if key not in ("__name__", "le")}
        if labels == json.loads(found.group(1)) and re.match(r"[-+]?(\d|Inf)", series["metric"].get("le", "")):
            bounds.append(float(series["metric"]["le"]))
    return bool(bounds) and lower < min(bounds)


def what_3_5_leaves_out(case):
    """3.5 leaves out a grouping behind an empty ignoring (), and quotes in a list of labels."""
    if case.question != "format_query" or "data" not in case.mine or "data" not in case.theirs:
        return False
    mine, theirs = case.mine["data"], case.theirs["data"]
    grouping = r" ignoring \(\)\s+group_(left|right) \([^)]*\)"
    changed = re.sub(grouping, "", mine)
    for labels in re.findall(r"\b(?:on|ignoring|group_left|group_right) (\([^)]*\))", changed):
        changed = changed.replace(labels, labels.replace('"', ""))
    # Of what became shorter some stands in one line.
    return (changed != mine
            and re.sub(r"\s+", "", changed) == re.sub(r"\s+", "", theirs))


def info_names_the_two(case):
    own, want = texts(case)
    return (own.startswith("found duplicate series for info metric")
            and want.startswith("found duplicate series for info metric target_info"))


def many_to_one_is_refused(case):
    """Main refuses several series of the left side for one of the right, whatever becomes of them."""
    own, want = texts(case)
    if not own.startswith("multiple matches for labels: many-to-one matching must be explicit"):
        return False
    if want and not want.startswith("found duplicate series"):
        return False
    matching = re.search(r"\x00 \S+(?: bool)?(?: (on|ignoring) \(([^)]*)\))? \x00", case.node.template)
    if not matching:
        return False
    left, right = (child.text() for child in case.node.children)
    keep = "by" if matching.group(1) == "on" else "without"
    groups = f"{keep} ({matching.group(2) or ''})"
    several = f"count {groups} ({left}) > 1 and count {groups} ({right})"
    status, body = case.question.ask(case.peer, several)
    return status == 200 and bool(json.loads(body)["data"]["result"])


def bounds_are_reconciled(case):
    """3.5 drops custom buckets of different bounds and warns, main takes the bounds of both."""
    return (b"mismatched custom buckets were reconciled" in case.mine[1]
            and b"custom buckets" in case.theirs[1].replace(b"reconciled", b""))


def fields_of(value):
    """The numbers of a histogram."""
    return ([abs(float(value["count"])), abs(float(value["sum"]))]
            + [abs(float(bucket[3])) for bucket in value.get("buckets", [])])


def compensated_histogram_sum(case):
    """Main compensates what sums and averages of histograms lose by rounding: 3.5 may be off by as
    much as a plain sum of these summands."""
    found = VALUES.match(case.found)
    call = re.match(r"(sum|avg)(_over_time)?\b", case.text)
    if not found or not call or not found.group(3).startswith("{"):
        return False
    a, b = (json.loads(found.group(i).replace("'", '"')) for i in (3, 4))
    if [bucket[:3] for bucket in a.get("buckets", [])] != [bucket[:3] for bucket in b.get("buckets", [])]:
        return False
    argument = re.match(r"\w+(?: (?:by|without) \([^)]*\) )?\((.*)\)$", case.text, re.DOTALL).group(1)
    _, _, body = case.peer.get("/api/v1/query", {"query": argument, "time": float(found.group(2))})
    summands = [value for series in json.loads(body)["data"]["result"] for _, value in points_of(series)
                if isinstance(value, dict)]
    total = sum(max(n for n in fields_of(value) if not math.isnan(n)) for value in summands)
    bound = len(summands) * 2 ** -52 * total
    return all(x == y or abs(x - y) <= bound or (math.isnan(x) and math.isnan(y))
               for x, y in zip(fields_of(a), fields_of(b)))


STATISTIC = re.compile(r"histogram_(avg|count|sum)\(")


def reads_no_buckets(case):
    """Below a histogram_count (avg, sum) that is not the outermost 3.5 reads no buckets, and so sees
    none of them reset: it contradicts itself about a part as soon as that stands in parentheses."""
    for child in case.node.descendants():
        if child.kind == "string" or child.kind == "matrix" and "step" in case.question.params:
            continue
        if difference(*case.answers(child), False) is not None:
            return False
        if STATISTIC.match(child.text()):
            alone, inside = (case.question.ask(case.peer, text)
                             for text in (child.text(), f"({child.text()})"))
            if difference(alone, inside, False) is not None:
                return True
    return (STATISTIC.search(case.text) is not None and case.text.startswith("(")
            and difference(case.question.ask(case.peer, case.text[1:-1]), case.mine, False) is None)


def panics(case):
    """3.5 refuses with a fault of its own: an index out of range, a nil."""
    return texts(case)[1].startswith("unexpected error: runtime error")


# (what changed, whether it is that). Those of the text alone come first.
CAUSES_OF_TEXTS = (
    ("3.6, #16777, 3.8, #17380, 3.10, #17670: other words of the parser's errors", other_words),
    ("3.9, #17643, #17687: group_left without labels to match by, and quotes, are printed", what_3_5_leaves_out),
)
CAUSES = (
    ("#18498: that a range is in the order of its labels is told",
     only_tells_more("sort is ineffective for range queries")),
    ("3.8, #17199: info() names the two series of a duplicate", info_names_the_two),
    ("#18810: the two series of a duplicate are told in order", duplicates_in_order),
    ("3.9, #17668: many-to-one is refused even where there is one result, or none",
     many_to_one_is_refused),
    ("#19040: mad_over_time of NaN is NaN", mad_of_nan),
    ("3.8, #17424: histogram_fraction of the first of classic buckets", fraction_of_the_first_bucket),
    ("3.8, #17278: custom buckets of different bounds are reconciled", bounds_are_reconciled),
    ("3.7, #17051: conflicting counter resets are told of",
     only_tells_more("conflicting counter resets")),
    ("3.7, #17004: a negated histogram is a gauge", negated_is_a_gauge),
    ("3.7, #16794: no empty metric names, and the histogram's place, in what is told of histograms",
     annotations_of_histograms),
    ("3.6, #16828: histograms do not reach below zero", histogram_reaches_zero),
    ("#15687: sums of histograms are compensated", compensated_histogram_sum),
    ("#17127: 3.5 reads no buckets below an inner histogram_count", reads_no_buckets),
    ("#16724, mended later: 3.5 takes the last bucket where NaN was observed",
     bounds_of_the_last_bucket),
    ("3.10, #17817: info() with a label that the series has, too", info_label_of_both),
    ("3.7, #17135: 3.5 refuses a range of whose steps it refuses none", info_refuses_no_step),
    ("#19266, #19387: info() looks where the selectors look", info_looks_where_the_selectors_look),
    ("3.8, #17199 or 3.10, #18020: 3.5 fails on a fault of its own", panics),
    ("3.5 answers differently each time", undetermined),
)


def reason_of(case):
    """Why they differ; None where nobody knows."""
    causes = CAUSES_OF_TEXTS if isinstance(case.question, str) else CAUSES_OF_TEXTS[:1] + CAUSES
    return next((reason for reason, holds in causes if holds(case)), None)
