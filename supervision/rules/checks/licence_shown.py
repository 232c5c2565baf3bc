"""What a shop shows of its licence against the registry and its 亮照 link: ID01, ID03, ID04, ID05, ID10."""

from collections.abc import Iterator
from datetime import datetime

from identity_verify.licence_display import Display, DisplayStep
from kernel.clock import CHINA
from supervision.rules.context import Scene, exemption, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.parameters import DisplayParameters
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact, Subject

FIELD_OF_STEP = {
    "registered": "licence_code", "name": "licence_name", "in-force": "licence_code", "address": "licence_address",
}  # fmt: skip
WORD_OF_STEP = {"name": "name", "in-force": "status", "address": "address"}
LINK = "link"
SHOWN = "shown"
UNKNOWN = "—"


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """A signal for each failed step that the rule is about, quoting what the shop shows.

    Spec: 网络交易监督管理办法 art 12 (shown, true, and brought up to date); 总局公告2019年第28号 (亮照 link);
    电子商务法 art 15.
    """
    del at
    detector, subject = parameters(rule, DisplayParameters), look.subject
    display = subject.display
    for step in display.failed if display else ():
        if display is None or step.why not in detector.told:
            continue
        fact = _fact(subject, display, step)
        if fact is None or (detector.selling and not _selling(subject, display)):
            continue
        if exemption(rule, Scene(subject, fact)) is None:
            yield _signal(rule, subject, display, step, fact)


def _fact(subject: Subject, display: Display, step: DisplayStep) -> SeenFact | None:
    """Where it stands: the shown name, code or address, or the link on the page that holds it.

    Where nothing is shown, the shop's own address on its home page.
    """
    if step.name == SHOWN:
        return _at(subject, "licence_code", subject.url, display.page_id)
    if step.name == LINK:
        return _at(subject, "licence_link", display.link.url, display.link.page_id) if display.link else None
    facts = subject.of(FIELD_OF_STEP[step.name])
    return next((fact for fact in facts if fact.value == step.shown), facts[0] if facts else None)


def _at(subject: Subject, field: str, text: str, page_id: int) -> SeenFact | None:
    """A fact that stands on a page as a whole; None where the page is not known."""
    if not page_id:
        return None
    return SeenFact(
        field=field, value=text, raw=text, seen_at=subject.act_at, last_seen_at=subject.act_at, page_id=page_id
    )


def _selling(subject: Subject, display: Display) -> bool:
    """Goods on offer, on pages seen after the registry said it; what was seen before says nothing of now."""
    since = display.word.since.get("status")
    return subject.on_sale > 0 and (since is None or subject.act_at > since)


def _day(moment: datetime | None) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d") if moment else UNKNOWN


def _years(display: Display) -> str:
    return "、".join(map(str, display.guessed))


def _signal(rule: Rule, subject: Subject, display: Display, step: DisplayStep, fact: SeenFact) -> Signal:
    since = display.word.since.get(WORD_OF_STEP.get(step.name, ""))
    values = {
        "quote": fact.text,
        "code": display.code or UNKNOWN,
        "name": display.name or UNKNOWN,
        "shown": step.shown or UNKNOWN,
        "registered": step.registered or UNKNOWN,
        "since": _day(since),
        "as_of": _day(display.word.as_of),
        "on_sale": str(subject.on_sale),
        "counted_zh": f"（{_years(display)}年放假安排尚未录入，只扣除周末）" if display.guessed else "",
        "counted_en": f" (weekends only: no holidays of {_years(display)} are entered)" if display.guessed else "",
    }
    return Signal(
        fact=fact,
        start=0,
        end=len(fact.text),
        reason=step.why,
        values=values,
        identity=f"{display.code}|{step.shown}|{step.registered}",
        sentence=fact.text,
        tried=tried(rule),
    )
