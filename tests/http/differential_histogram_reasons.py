"""What may differ between Varve and the release it is compared with in histograms; of the form of
differential_reasons.py."""
import json
import math
import re

from differential_answers import annotations, difference, points_of
from differential_case import VALUES, only_tells_less, only_tells_more, told


def seconds(duration):
    """Of a duration, or of an expression of some."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    numbers = re.sub(r"(?:\d+(?:ms|[smh]))+",
                     lambda found: str(sum(int(count) * units[unit] for count, unit in
                                           re.findall(r"(\d+)(ms|[smh])", found.group(0)))), duration)
    if not re.fullmatch(r"[-+*/%^() .0-9a-fx]+", numbers):
        raise ValueError(duration)
    return float(eval(numbers.replace("^", "**")))  # of digits and operators alone


RATE = re.compile(r"^(rate|increase)\((.*)\[([^\[\]:]+)(:[^\[\]]*|)\]([^\[\]]*)\)$")


def empty_bucket_times_infinity(case):
    """All histograms of one of Prometheus's chunks have the same buckets, empty ones too."""
    found = VALUES.match(case.found)
    if not found or not found.group(4).startswith("{"):
        return False
    mine, theirs = (json.loads(found.group(i).replace("'", '"')) for i in (3, 4))
    if "Inf" not in mine["count"] or "NaN" not in str(theirs["buckets"]):
        return False
    theirs["buckets"] = [bucket for bucket in theirs["buckets"] if bucket[3] != "NaN"]
    return mine == theirs


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
    offset = re.search(r"offset ([^@]+)", modifiers)
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


def bounds_are_reconciled(case):
    """3.5 drops custom buckets of different bounds and warns, main takes the bounds of both."""
    return (b"mismatched custom buckets were reconciled" in case.mine[1]
            and (b"custom buckets" in case.theirs[1]
                 or b"incompatible bucket layout encountered for binary operator" in case.theirs[1]))


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
    for name in ("start", "end"):
        argument = argument.replace(f"@ {name}()", f"@ {case.question.params.get(name, found.group(2))}")
    _, _, body = case.peer.get("/api/v1/query", {"query": argument, "time": float(found.group(2))})
    summands = [value for series in json.loads(body)["data"]["result"] for _, value in points_of(series)
                if isinstance(value, dict)]
    total = sum(max(n for n in fields_of(value) if not math.isnan(n)) for value in summands)
    bound = len(summands) * 2 ** -52 * total
    return all(x == y or abs(x - y) <= bound or (math.isnan(x) and math.isnan(y))
               for x, y in zip(fields_of(a), fields_of(b)))
