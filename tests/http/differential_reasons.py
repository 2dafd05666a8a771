"""What may differ between Varve, which follows the main branch of Prometheus, and the release it is
compared with: each by the change that made it, and as narrowly as can be said."""
import json
import math
import re

from differential_answers import by_labels, difference, points_of, rendered

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
    if isinstance(case.question, str):
        return False
    for _ in range(ASKED_AGAIN_MAX):
        again = case.question.ask(case.peer, case.text)
        if difference(again, case.theirs, False) is not None:
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
    if isinstance(case.question, str):
        return False
    operands = []
    for child in case.node.descendants():
        if child.kind == "string" or (child.kind == "matrix" and case.question.path == "query_range"):
            continue
        mine, theirs = case.answers(child)
        if mine[0] == 200 and theirs[0] == 200 and rendered(mine[1]) != rendered(theirs[1]):
            operands.append(theirs)
    if not operands:
        return False
    values = re.search(r": (-?[0-9][0-9.e+-]*), want (-?[0-9][0-9.e+-]*)$", case.found)
    if not values:
        return True
    a, b = float(values.group(1)), float(values.group(2))
    largest = max((n for operand in operands for n in numbers_of(operand) if math.isfinite(n)),
                  default=0.0)
    return abs(a - b) <= max(1e-9 * max(abs(a), abs(b)), 1e-11 * largest)


DUPLICATES = re.compile(r"hand-side of the operation: \[(\{.*?\}), (\{.*?\})\];many-to-many")


def duplicates_in_order(case):
    """Of two series of one match group main names the one with the smaller labels first, 3.5 the one
    that comes second."""
    both = DUPLICATES.findall(case.found)
    return (len(both) == 2 and both[0] == both[1][::-1]
            and len({DUPLICATES.sub("", part) for part in re.split(", want ", case.found)}) <= 2)


# (what changed, pattern of the smallest expression that differs, pattern of the difference).
CHANGES = (
    ("mad_over_time counts NaN", r"^mad_over_time", r": NaN, want"),
    ("3.8, #17424: histogram_fraction sorts classic buckets", r"^histogram_fraction",
     r", want NaN$"),
    ("info() names the two series of a duplicate", r"info\(",
     r"found duplicate series for info metric.*want execution found duplicate series for info "
     r"metric target_info"),
    ("3.9, #17668: many-to-one is refused even where the comparison keeps one", r"(==|!=|<|>)",
     r"status 422 multiple matches for labels: many-to-one matching must be explicit.*want 200"),
    ("duration expressions, of which the errors of ranges speak", r"",
     r"parse error: .*(expected number, duration, step\(\), (or )?range\(\).*, want"
     r"|want .*experimental duration expression is not enabled"
     r"|unexpected character: .*expected ':', want .*unexpected colon)"),
    ("the number of a token, which changes", r"", r"unexpected <op:@>.*want .*<Item [0-9]+>"),
    ("a second dot in a number is refused where it stands", r"[0-9.]\.",
     r"bad number or duration syntax.*want .*strconv.ParseFloat"),
    ("3.9, #17643: group_left without labels to match by is printed", r"group_(left|right)",
     r"format_query.* ignoring \(\) group_(left|right)"),
    ("3.8, #17278: custom buckets of different bounds are reconciled", r"native_changing", r"points, want"),
    ("3.7, #17051: conflicting counter resets are told of", r"native", r"conflicting counter resets"),
    ("main tells that a range is in the order of its labels", r"sort",
     r"sort is ineffective for range queries"),
    ("3.5 fails on its own fault", r"", r", want .*unexpected error$"),
    ("3.7, #16794: no empty metric names in what is told of histograms", r"histogram_quantile",
     r"(infos|warnings) .* for metric name"),
)


def reason_of(case):
    """Why they differ; None where nobody knows."""
    for reason, expression, found in CHANGES:
        if re.search(expression, case.text, re.DOTALL) and re.search(found, case.found, re.DOTALL):
            return reason
    for reason, holds in (("main orders the two series of a duplicate", duplicates_in_order),
                          ("3.5 answers differently each time", undetermined),
                          ("the operands differ in the last digits", operands_differ_in_last_digits)):
        if holds(case):
            return reason
    return None
