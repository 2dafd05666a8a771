"""The comparison of two answers to topk(k, inner): where they keep different series, both servers'
answers to `inner` tell whether the values at that rank are equal, or whether one of them is wrong."""

import re

from query_client import near, series_of

# Of two sums of the same few addends in another order.
SUMMATION_ERROR = 1e-14
TOPK = re.compile(r"topk\(\d+, (.*)\)$", re.DOTALL)


def inner_expression(expression):
    """What topk chooses from; None for any other expression."""
    found = TOPK.match(expression)
    return found and found.group(1)


def at(series, time_s):
    return {labels: values[time_s] for labels, values in series.items() if time_s in values}


class TopkComparison:
    """`difference` is the first one that is no tie, or ""; `ties` has a line for each that is."""

    def __init__(self, answer, reference, inner, inner_reference, relative=1e-9):
        self.relative = relative
        self.difference, self.agreeing, self.points, self.ties = "", 0, 0, []
        ours, theirs = series_of(answer), series_of(reference)
        all_ours, all_theirs = series_of(inner), series_of(inner_reference)
        times = {time_s for series in (ours, theirs) for values in series.values() for time_s in values}
        for time_s in sorted(times):
            found = self.compare(time_s, at(ours, time_s), at(theirs, time_s),
                                 at(all_ours, time_s), at(all_theirs, time_s))
            if found and not self.difference:
                self.difference = f"at {time_s}: {found}"

    def compare(self, time_s, ours, theirs, all_ours, all_theirs):
        """What differs at one moment, or ""."""
        self.points += len(theirs)
        if len(ours) != len(theirs):
            return f"{len(ours)} series, want {len(theirs)}"
        for labels in ours.keys() & theirs.keys():
            if not near(ours[labels], theirs[labels], self.relative):
                return f"{dict(labels)}: {ours[labels]}, want {theirs[labels]}"
            self.agreeing += 1
        mine, others = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
        for taken, left in ((taken, left) for taken in mine for left in others):
            for server, values in (("varve", all_ours), ("the reference", all_theirs)):
                if taken not in values or left not in values:
                    return f"{server} has no value of {dict(taken)} or {dict(left)}"
                if not near(values[taken], values[left], SUMMATION_ERROR):
                    return (f"{dict(taken)}, want {dict(left)}: {values[taken]!r} and {values[left]!r} "
                            f"say of them {server}, which is no tie")
            self.ties.append(
                f"at {time_s}: {dict(taken)} or {dict(left)}: {all_ours[taken]!r} and {all_ours[left]!r} here, "
                f"{all_theirs[taken]!r} and {all_theirs[left]!r} there")
        self.agreeing += len(mine)
        return ""
