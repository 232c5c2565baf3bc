"""Where a query matches in raw text: the same for both engines, as segments, never as HTML."""

import unicodedata
from collections.abc import Mapping, Sequence

import rjieba

from search.engine import Segment
from search.fields import NAMES_WORDS, characters_field, words_field
from search.plan import Every, Plan, Run, Some, Term
from search.segmenter import normalise

EXCERPT = 160
"""Code points of a long text that are shown."""
_LEAD = 40

Span = tuple[int, int]


def marked(plan: Plan, texts: Mapping[str, str]) -> dict[str, tuple[Segment, ...]]:
    """Highlights of title and description."""
    return {name: highlight(plan, name, text, whole=name == "title") for name, text in texts.items() if text}


def highlight(plan: Plan, name: str, text: str, *, whole: bool) -> tuple[Segment, ...]:
    """Mark what the plan matches in one text.

    Args:
        plan: of the query; what it excludes is not marked.
        name: ``title`` or ``description``.
        text: raw, as shown to people.
        whole: show all of it; otherwise about 160 code points round the first match.
    """
    tokens: set[str] = set()
    runs: set[str] = set()
    _collect(plan, name, tokens, runs)
    spans = merge(_spans(text, tokens, runs))
    start, end = (0, len(text)) if whole else _window(spans, len(text))
    return segments(text, spans, start, end)


def _collect(plan: Plan, name: str, tokens: set[str], runs: set[str]) -> None:
    match plan:
        case Term(field, value, weight) if weight > 0 and field in (words_field(name), NAMES_WORDS):
            tokens.add(value)
        case Run(field, text, _) if field == characters_field(name):
            runs.add(text)
        case Every(parts) | Some(parts):
            for part in parts:
                _collect(part, name, tokens, runs)
        case _:
            pass


def _spans(text: str, tokens: set[str], runs: set[str]) -> list[Span]:
    if not tokens and not runs:
        return []
    plain, origin = normalise_with_origin(text)
    found: list[Span] = []
    for run in runs:
        at = plain.find(run)
        while at >= 0:
            found.append((at, at + len(run)))
            at = plain.find(run, at + 1)
    if tokens:
        cut: list[tuple[str, int, int]] = rjieba.tokenize(plain, "search")
        for word, start, end in cut:
            if word in tokens:
                found.append((start, end))
            else:
                found.extend(_inside(word, start, tokens))
    return [(origin[start], origin[end - 1] + 1) for start, end in found if end > start]


def _inside(word: str, start: int, tokens: set[str]) -> list[Span]:
    """Parts of a mixed Latin token that are tokens of their own (``iphone`` in ``iphone15``)."""
    if not word.isascii():
        return []
    return [(start + at, start + at + len(token)) for token in tokens if (at := word.find(token)) >= 0]


def normalise_with_origin(text: str) -> tuple[str, list[int]]:
    """The normalised text, and for each of its code points the index of the raw one it came from.

    Characters are normalised in clusters (a base with its combining marks), so that the result is
    the same as normalising the whole; where it is not, the raw text is taken cluster by cluster anyway.
    """
    if text.isascii():
        return text.lower(), list(range(len(text)))
    parts: list[str] = []
    origin: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = normalise(text[start:end])
        parts.append(piece)
        origin.extend([start] * (len(piece) - 1) + [end - 1] * bool(piece))
        start = end
    return "".join(parts), origin


def merge(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(spans: Sequence[Span], length: int) -> Span:
    if length <= EXCERPT:
        return 0, length
    start = max(0, spans[0][0] - _LEAD) if spans else 0
    start = min(start, length - EXCERPT)
    return start, start + EXCERPT


def segments(text: str, spans: Sequence[Span], start: int, end: int) -> tuple[Segment, ...]:
    """The text from start to end, cut where matches begin and end."""
    cut: list[Segment] = []
    at = start
    for begin, stop in spans:
        first, last = max(begin, at), min(stop, end)
        if first >= last:
            continue
        if first > at:
            cut.append(Segment(text[at:first], is_match=False))
        cut.append(Segment(text[first:last], is_match=True))
        at = last
    if at < end:
        cut.append(Segment(text[at:end], is_match=False))
    return tuple(cut)
