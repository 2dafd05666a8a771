"""Two answers of the query API, compared: series, values to the last bit, errors, warnings and infos."""
import json
import math
import re

def same_number(mine, theirs):
    """Of numbers as texts, which are the shortest ones of their bits."""
    return mine == theirs or math.isnan(float(mine)) and math.isnan(float(theirs))


def same_value(mine, theirs):
    """Of floats, or of histograms."""
    if isinstance(mine, dict) != isinstance(theirs, dict):
        return False
    if not isinstance(mine, dict):
        return same_number(mine, theirs)
    a, b = mine.get("buckets", []), theirs.get("buckets", [])
    return (same_number(mine["count"], theirs["count"]) and same_number(mine["sum"], theirs["sum"])
            and len(a) == len(b)
            and all(x[0] == y[0] and all(map(same_number, x[1:], y[1:])) for x, y in zip(a, b)))


def same_rank(mine, theirs):
    return same_value(mine, theirs) or (isinstance(mine, str) and isinstance(theirs, str)
                                        and float(mine) == float(theirs))


def points_of(series):
    """[[time, value]] of a series of any answer, in the order of time."""
    if "value" in series:
        return [series["value"]]
    if "histogram" in series:
        return [series["histogram"]]
    return sorted(series.get("values", []) + series.get("histograms", []), key=lambda p: p[0])


def annotations(answer, kind):
    texts = sorted(answer.get(kind) or [])
    omitted = [text for text in texts if text.endswith("annotations omitted")]
    return omitted or texts  # which of many are shown is not said anywhere


def difference(mine, theirs, ordered):
    """None, or what differs first between two answers (status, body)."""
    a, b = json.loads(mine[1]), json.loads(theirs[1])
    if mine[0] != theirs[0]:
        return f"status {mine[0]} {a.get('error', '')}, want {theirs[0]} {b.get('error', '')}"
    if theirs[0] != 200:
        if a["errorType"] != b["errorType"] or a["error"] != b["error"]:
            return f"error {a['errorType']} {a['error']}, want {b['errorType']} {b['error']}"
        return None
    found = difference_of_data(a["data"], b["data"], ordered)
    if found is not None:
        return found
    for kind in ("warnings", "infos"):
        own, want = annotations(a, kind), annotations(b, kind)
        if own != want:
            return (f"{kind} too many {[text for text in own if text not in want]}, missing "
                    f"{[text for text in want if text not in own]}")
    return None


def difference_of_data(a, b, ordered):
    if a["resultType"] != b["resultType"]:
        return f"type {a['resultType']}, want {b['resultType']}"
    if b["resultType"] in ("scalar", "string"):
        same = a["result"][0] == b["result"][0] and same_number(a["result"][1], b["result"][1])
        return None if same else f"{a['result']}, want {b['result']}"
    return difference_of_series(a["result"], b["result"], ordered)


def by_labels(result):
    return {json.dumps(series["metric"], sort_keys=True): series for series in result}


def difference_of_series(mine, theirs, ordered):
    a, b = by_labels(mine), by_labels(theirs)
    if set(a) != set(b):
        return (f"{len(a)} series, want {len(b)}; too many {sorted(set(a) - set(b))[:2]}, "
                f"missing {sorted(set(b) - set(a))[:2]}")
    if len(mine) != len(a):
        return "a series comes twice"
    # Go's sort leaves equal values in any order, 0 and -0 among them; whose value is which of the two
    # is compared below.
    if ordered and not all(same_rank(points_of(x)[0][1], points_of(y)[0][1])
                           for x, y in zip(mine, theirs)):
        return f"order {list(a)[:4]}, want {list(b)[:4]}"
    for labels, series in b.items():
        own, want = points_of(a[labels]), points_of(series)
        if [point[0] for point in own] != [point[0] for point in want]:
            extra = sorted({p[0] for p in own} - {p[0] for p in want})[:3]
            missing = sorted({p[0] for p in want} - {p[0] for p in own})[:3]
            return f"{labels}: {len(own)} points, want {len(want)}; extra {extra}, missing {missing}"
        for (at, x), (_, y) in zip(own, want):
            if not same_value(x, y):
                return f"{labels} at {at}: {x}, want {y}"
    return None


def rendered(body):
    """The bytes of `data`, with its series in the order of their bytes."""
    start = body.index(b'"data":')
    found = re.search(rb',"(warnings|infos)":\[".*$', body, re.DOTALL)
    result = body[start:found.start() if found else body.rindex(b"}")].strip()
    head, bracket, rest = result.partition(b'"result":[{')
    if not bracket:
        return result
    return head + b"\n".join(sorted(re.split(rb',(?=\{"metric")', b"{" + rest[:rest.rindex(b"]}")])))


def first_difference(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"{a[max(0, at - 60):at + 60]!r}, want {b[max(0, at - 60):at + 60]!r}"
