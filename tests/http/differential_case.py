"""One difference that the differential test found, and what its rules ask about it."""
import json
import re

from differential_answers import annotations


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


VALUES = re.compile(r"^(\{.*?\}) at ([0-9.]+): (.*), want (.*)$")


def texts(case):
    """(mine, theirs): what was told instead of a value, or of the text alone."""
    if isinstance(case.question, str):
        return case.mine.get("error") or "", case.theirs.get("error") or ""
    return tuple(json.loads(answer[1]).get("error") or "" for answer in (case.mine, case.theirs))


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
