"""What may differ between Varve, which follows the main branch of Prometheus, and the release it is
compared with, 3.5: each by the change that made it (a number is of a pull request of
prometheus/prometheus, and a version the first release that has it), and as narrowly as can be said:
a rule computes what either side must have said, or turns one side's text into the other's."""
import json
import re

from differential_answers import by_labels, difference
from differential_case import VALUES, only_tells_more, texts
from differential_histogram_reasons import (annotations_of_histograms, bounds_are_reconciled,
                                            bounds_of_the_last_bucket, compensated_histogram_sum,
                                            empty_bucket_times_infinity,
                                            fraction_of_the_first_bucket, histogram_reaches_zero,
                                            negated_is_a_gauge, reads_no_buckets)

ASKED_AGAIN_MAX = 40
# Prometheus tells so many and counts the others.
WARNINGS_SHOWN_MAX = 10


def undetermined(case):
    """Asked again, 3.5 gives another answer, or the one that Varve gave: within a query series come in
    the order of a map, on which depend the last bits of sums, which of equals are chosen by limitk and
    topk, and of which duplicates an error speaks."""
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
    labels = re.findall(r"\{(\w+)=~", case.text)  # the last: of the second argument
    extra = set(by_labels(json.loads(case.mine[1])["data"]["result"]))
    extra -= set(by_labels(json.loads(case.theirs[1])["data"]["result"]))
    below = json.loads(case.answers(case.node.children[0])[1][1])["data"]["result"]
    bearing = set(by_labels([series for series in below
                             if labels and labels[-1] in series["metric"]]))
    return extra <= bearing


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
    if not mine or not theirs:
        return False
    word = re.match(r"unexpected character: '(.)', expected ':'$", mine.group(4))
    if word and theirs.group(4) == "duration must be greater than 0":
        return "[-" in case.text  # the word is a token there, and refused after the duration is
    if int(theirs.group(2)) - int(mine.group(2)) not in (0, 1):
        return False
    if word:  # behind a duration in brackets, of which 3.5 names the first character or the second
        return bool(re.match(r"unexpected (colon '.'|\"%s\" in subquery selector, expected number or "
                             r"duration)$" % re.escape(word.group(1)), theirs.group(4)))
    return (mine.group(4).startswith('unexpected ","')  # which stands between two arguments of max_of()
            and theirs.group(4) == "unexpected character in duration expression: ','")


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


def what_3_5_leaves_out(case):
    """3.5 leaves out a grouping behind an empty ignoring (), and quotes in a list of labels."""
    if case.question != "format_query" or "data" not in case.mine or "data" not in case.theirs:
        return False
    mine, theirs = case.mine["data"], case.theirs["data"]
    grouping = r" ignoring \(\)\s+group_(left|right) \([^)]*\)"
    changed = re.sub(grouping, "", mine)
    changed = re.sub(r"\b(on|ignoring|group_left|group_right) \([^)]*\)",
                     lambda found: found.group(0).replace('"', ""), changed)
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


def other_place(case):
    """3.5 is mistaken about the place of what is in an aggregation."""
    own, want = (re.match(r'(invalid parameter "query": )?\d+:\d+: (.*)$', text) for text in texts(case))
    return (bool(own) and bool(want) and own.group(2) == want.group(2)
            and bool(re.search(r"\b(by|without) ?\([^)]*\) ?\(", case.text)))


def operator_behind_offset(case):
    """3.5 takes an operator behind an offset in parentheses for more of the offset, and so looks at what
    stands there before it says that the offset is out of place."""
    own, want = texts(case)
    if re.search(r"offset ?-?\(.*?\) ?[-+*/%^]", case.text):
        return want.endswith("in offset, expected number or duration")
    behind = re.search(r"1:(\d+): parse error: unexpected (right parenthesis|character)", want)
    if not behind or not re.search("offset (modifier must be preceded|may not be set)", own):
        return False
    # A parenthesis is named by where it ends, a character by where it begins.
    before = case.text.encode()[:int(behind.group(1)) - 1 - (behind.group(2) != "character")]
    before = before.decode(errors="replace").rstrip()
    return bool(re.search(r"offset ?-?\([^()]*\)$", before))


def timestamp_forgets_offset(case):
    """With an @ 3.5 gives the time of the sample that is there without the offset."""
    if not re.match(r"timestamp\(.* @ .*\)$", case.text):
        return False
    plain = re.sub(r" offset -?(\([^()]*\)|\S+?)(?=[ ,)]|$)", "", case.text)
    return (plain != case.text
            and difference(case.question.ask(case.peer, plain), case.theirs, False) is None)


def sort_of_a_range(case):
    """That a range is in the order of its labels is told, or is one more of those that are only counted."""
    if only_tells_more("sort is ineffective for range queries")(case):
        return True
    if not case.found.startswith("warnings") or "sort" not in case.text:
        return False
    return warnings_told(case.mine) == warnings_told(case.theirs) + 1 > WARNINGS_SHOWN_MAX


def warnings_told(answer):
    """How many there are, those that are counted alone among them."""
    told = json.loads(answer[1]).get("warnings", [])
    counted = [re.match(r"(\d+) more warning", text) for text in told]
    return sum(int(found.group(1)) if found else 1 for found in counted)


def info_of_info(case):
    """3.5 looks for the info of info series, too, where labels are chosen; they pass as they are."""
    if not re.match(r"info\(.*, \{[^{]*\}\)$", case.text) or "want 422 found duplicate" not in case.found:
        return False
    below = json.loads(case.answers(case.node.children[0])[1][1])["data"]["result"]
    return (all(series["metric"].get("__name__") == "target_info" for series in below)
            and difference(case.mine, case.answers(case.node.children[0])[1], False) is None)


def agree_step_by_step(case):
    """Whether both answer the same where they are asked for the steps one by one."""
    params = case.question.params
    if "step" not in params:
        return False
    at = params["start"]
    while at <= params["end"]:
        answers = [server.get("/api/v1/query", {"query": case.text, "time": at})
                   for server in (case.varved, case.peer)]
        if difference(*((status, body) for status, _, body in answers), False) is not None:
            return False
        at += params["step"]
    return True


def parameter_changes(case):
    """3.5 evaluates an aggregation of what is the same at each step once, though its parameter changes."""
    # Pinned, or a number.
    return (bool(re.match(r"(topk|bottomk|limitk|limit_ratio|quantile)\b", case.text))
            and bool(re.search(r"@|\bvector\([-+.\w]+\)", case.node.children[-1].text()))
            and agree_step_by_step(case))


def series_take_turns(case):
    """3.5 refuses a range in which series that are left with the same labels are there in turn."""
    return (case.found.endswith("want 422 vector cannot contain metrics with the same labelset")
            and agree_step_by_step(case))


NATURAL_ORDER = re.compile(r'sort_by_label(?:_desc)?\(.*?((?:, "[^"]*")+)\)$', re.DOTALL)


def no_natural_order(case):
    """3.5's natural order says neither of an empty text and another that it is the smaller one; the
    change puts the empty one first, as Varve does."""
    call = NATURAL_ORDER.match(case.text)
    if not call or not case.found.startswith("order"):
        return False
    series = json.loads(case.mine[1])["data"]["result"]
    names = re.findall(r'"([^"]*)"', call.group(1))
    return any(len({name in one["metric"] for one in series}) == 2 for name in names)


def zeros_are_equal(case):
    """Go's sort says nothing of the order of equals, and leaves only those of up to twelve values as
    they came; 0 and -0 are equal."""
    found = VALUES.match(case.found)
    if not found or not case.text.startswith("quantile") or found.group(3).startswith("{"):
        return False
    count = "count_over_time" if case.text.startswith("quantile_over_time") else "count"
    status, _, body = case.peer.get("/api/v1/query", {
        "query": f"{count}({case.node.children[-1].text()}) > 12", "time": found.group(2)})
    return (float(found.group(3)) == float(found.group(4)) == 0 and status == 200
            and bool(json.loads(body)["data"]["result"]))


def panics(case):
    """3.5 refuses with a fault of its own, where it was caught: an index out of range, a nil."""
    return bool(re.match(r'(invalid parameter "query": )?unexpected error($|: runtime error)',
                         texts(case)[1]))


# (what changed, whether it is that). Those of the text alone come first.
CAUSES_OF_TEXTS = (
    ("3.6, #16777, 3.8, #17380, 3.10, #17670: other words of the parser's errors", other_words),
    ("3.9, #17643, #17687: group_left without labels to match by, and quotes, are printed",
     what_3_5_leaves_out),
    ("3.7, #16996, #17031: the place in an aggregation of which an error speaks", other_place),
    ("#16711, mended of signs alone: an operator behind an offset in parentheses",
     operator_behind_offset),
    ("3.8, #17199, 3.10, #18020, #18768: 3.5 fails on a fault of its own", panics),
)

CAUSES = (
    ("#18498: that a range is in the order of its labels is told", sort_of_a_range),
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
    ("3.5's chunks give neighbours the same buckets: an empty one times infinity is NaN",
     empty_bucket_times_infinity),
    ("3.10, #17817: info() with a label that the series has, too", info_label_of_both),
    ("3.7, #17135: 3.5 refuses a range of whose steps it refuses none", info_refuses_no_step),
    ("#19266, #19387: info() looks where the selectors look", info_looks_where_the_selectors_look),
    ("3.8, #17199: info() of info series", info_of_info),
    ("#8433, mended at the cost of the offset: timestamp() with both", timestamp_forgets_offset),
    ("3.9, #17678, #17703, later #18631: series of the same labels, never at one step", series_take_turns),
    ("#15971, mended by #16404 but over what does not change: a parameter that does", parameter_changes),
    ("#13411, mended by #19466: no order of an empty label and another", no_natural_order),
    ("Go's sort is not stable: 0 and -0 among more than twelve values of a quantile", zeros_are_equal),
    ("#9450, mended by #9459 and #18810 in part, #7757: series in the order of a map", undetermined),
)


def reason_of(case):
    """Why they differ; None where nobody knows."""
    causes = CAUSES_OF_TEXTS if isinstance(case.question, str) else CAUSES_OF_TEXTS + CAUSES
    return next((reason for reason, holds in causes if holds(case)), None)
