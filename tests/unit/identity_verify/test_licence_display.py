"""亮照: what is shown, held against the registry."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from identity_verify.code_reading import read_code
from identity_verify.licence_display import RULE_OF_STEP, STEPS, Display, LinkSeen, judge_display
from identity_verify.shown_identity import ShownIdentity
from kernel.models import Subject

ON = date(2026, 11, 25)
CODE = "91310115XX0000019T"
NAME = "上海青禾(测试)商贸有限公司"
FORMER = "上海禾苗(测试)商贸有限公司"
ADDRESS = "上海市浦东新区测试路1号"


def _shown(code: str = CODE, name: str = NAME, address: str = ADDRESS) -> ShownIdentity:
    return ShownIdentity(
        names=(name,) if name else (), codes=(read_code(code),) if code else (),
        addresses=(address,) if address else (), contacts=(), filings=(), permits=(), digest="", last_fact_id=0,
    )  # fmt: skip


def _subject(**more: object) -> Subject:
    values: dict[str, object] = {
        "code": CODE, "registration_number": "", "name": NAME, "status": "active", "address": ADDRESS,
        "approved_on": date(2020, 1, 1), "updated_at": datetime(2026, 11, 1, tzinfo=UTC),
    }  # fmt: skip
    return Subject(**{**values, **more})


def _judge(
    shown: ShownIdentity, subject: Subject | None, *, link: LinkSeen | None = None, declared: bool = False
) -> Display:
    return judge_display(
        shown, subject, names=(NAME, FORMER), declared=declared, host="www.qinghe.example", link=link, on=ON
    )


def _of(display: Display, name: str) -> tuple[str, str]:
    step = next(step for step in display.steps if step.name == name)
    return step.outcome, step.why


def test_all_is_right() -> None:
    """Every step in order, each with its rule; what nobody looked at is not called passed."""
    display = _judge(_shown(), _subject())
    assert [step.name for step in display.steps] == list(STEPS)
    assert {step.name: step.rule for step in display.steps} == RULE_OF_STEP
    assert display.failed == ()
    assert _of(display, "link") == ("NOT_CHECKED", "not-looked")


@pytest.mark.parametrize(
    ("shown", "subject", "step", "outcome", "why"),
    [
        (_shown(code=""), None, "shown", "FAILED", "nothing-shown"),
        (_shown(code=""), None, "code", "NOT_CHECKED", "nothing-shown"),
        (_shown(code="91310115XX0000018T"), None, "code", "FAILED", ""),
        (_shown(code="913101**********9T"), None, "code", "NOT_CHECKED", "masked"),
        (_shown(), None, "registered", "FAILED", "not-in-registry"),
        (_shown(), None, "name", "NOT_CHECKED", "no-subject"),
        (_shown(name="上海别家(测试)商行"), _subject(), "name", "FAILED", "other-name"),
        (_shown(name="上海青禾（測試）商貿有限公司"), _subject(), "name", "PASSED", ""),
        (_shown(name=FORMER), _subject(), "name", "FAILED", "former-name"),
        (_shown(name=FORMER), _subject(approved_on=date(2026, 11, 18)), "name", "PASSED", "renamed-lately"),
        (_shown(name=""), _subject(), "name", "NOT_CHECKED", "no-name"),
        (_shown(), _subject(status="revoked"), "in-force", "FAILED", "revoked"),
        (_shown(), _subject(status="deregistered"), "in-force", "FAILED", "deregistered"),
        (_shown(), _subject(status="abnormal"), "in-force", "PASSED", "abnormal"),
        (_shown(), _subject(status="unknown"), "in-force", "NOT_CHECKED", "unknown"),
        (_shown(address="浦东新区测试路1号"), _subject(), "address", "PASSED", ""),
        (_shown(address="杭州市别处"), _subject(), "address", "FAILED", "other-address"),
        (_shown(address="杭州市别处"), _subject(approved_on=date(2026, 11, 12)), "address", "PASSED", "changed-lately"),
        (_shown(address="杭州市别处"), _subject(approved_on=date(2026, 11, 10)), "address", "FAILED", "other-address"),
        (_shown(address=""), _subject(), "address", "NOT_CHECKED", "no-address"),
    ],
)
def test_steps(shown: ShownIdentity, subject: Subject | None, step: str, outcome: str, why: str) -> None:
    """Shown, right in form, registered, the name, in force, the address; ten working days for what changed."""
    found = _of(_judge(shown, subject), step)
    assert found[0] == outcome
    assert not why or found[1] == why


def test_a_declaration_stands_for_a_licence() -> None:
    """Of those who need none."""
    assert _of(_judge(_shown(code=""), None, declared=True), "shown") == ("PASSED", "declaration")


def test_two_codes_are_no_code() -> None:
    """Nothing is chosen between them."""
    shown = replace(_shown(), codes=(read_code(CODE), read_code("92310104XX0000027L")))
    assert _of(_judge(shown, None), "code") == ("FAILED", "several")


@pytest.mark.parametrize(
    ("link", "outcome", "why"),
    [
        (LinkSeen(), "NOT_CHECKED", "no-link"),
        (LinkSeen("https://zzlz.example/1", error="timeout"), "NOT_CHECKED", "timeout"),
        (LinkSeen("https://zzlz.example/1"), "NOT_CHECKED", "names-no-site"),
        (LinkSeen("https://zzlz.example/1", ("qinghe.example",)), "PASSED", ""),
        (LinkSeen("https://zzlz.example/1", ("other.example", "www.qinghe.example")), "PASSED", ""),
        (LinkSeen("https://zzlz.example/1", ("other.example",)), "FAILED", "other-site"),
    ],
)
def test_where_the_link_leads(link: LinkSeen, outcome: str, why: str) -> None:
    """To a page that names this site, another one, or none."""
    assert _of(_judge(_shown(), _subject(), link=link), "link") == (outcome, why)
