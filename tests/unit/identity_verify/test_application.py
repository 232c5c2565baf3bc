"""Applications: begun by a code."""

from dataclasses import replace

import pytest

from identity_verify.application import any_application, move, own_application
from identity_verify.errors import (
    ApplicationUnknownError,
    CodeError,
    CodeUnknownError,
    NotReadyError,
    OtherFirmError,
    StepError,
    SubjectEndedError,
)
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import take_extract
from kernel.audit import verify
from tests.unit.identity_verify.merchant_case import Case

OTHER_CODE = "92310104XX0000027L"


def _other_firm(case: Case, extract: RegistryExtract) -> None:
    other = replace(
        extract, code=OTHER_CODE, registration_number="", name="上海别家(测试)食品商行", former_names=(), source_ref="o"
    )
    with case.database.write() as session:
        take_extract(session, other, at=case.at)


def test_an_application_begins_with_what_the_registry_says(case: Case) -> None:
    """Name, score and status; the same again changes the draft and makes no second one."""
    first = case.apply(code=" 91310115xx0000019t ")
    row = case.application()
    assert (row.code, row.subject_name, row.state) == (case.extract.code, case.extract.name, "draft")
    assert (row.match["word"], row.match["score"], row.match["status"]) == ("same", 1000, "active")
    assert case.apply(representative="测试乙", code="９１３１０１１５ＸＸ００００ ０１９Ｔ") == first
    assert case.application().representative == "测试乙"
    assert case.events() == ["begin"]


def test_the_old_number_leads_to_the_same_firm(case: Case) -> None:
    """15 digits with their check digit."""
    case.apply(code=case.extract.registration_number)
    assert case.application().subject_name == case.extract.name


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91310115XX0000019", "length"),
        ("", "length"),
        ("91310115XX00000I9T", "alphabet"),
        ("91310115XX0000018T", "check-digit"),
        ("91330100799655059E", "organisation-code"),
        ("310115000000001", "check-digit"),
    ],
)
def test_codes_that_cannot_be_right(case: Case, code: str, reason: str) -> None:
    """Named by what is wrong with them, with a hint in plain words."""
    with pytest.raises(CodeError) as caught:
        case.apply(code=code)
    assert caught.value.context["fields"] == {"code": reason}
    assert caught.value.hint


def test_a_code_the_registry_does_not_have(case: Case) -> None:
    """Right in form, known to nobody."""
    with pytest.raises(CodeUnknownError):
        case.apply(code=OTHER_CODE)


@pytest.mark.parametrize("status", ["deregistered", "revoked", "cancelled"])
def test_a_firm_that_is_no_more(case: Case, status: str) -> None:
    """It cannot apply."""
    case.change(status=status)
    with pytest.raises(SubjectEndedError):
        case.apply()


def test_the_name_of_another_firm(case: Case, extract: object) -> None:
    """To the letter another's, or nothing like it: refused. A former name or a slip: for an officer."""
    _other_firm(case, case.extract)
    for name in ("上海别家（测试）食品商行", "北京毫不相干科技"):
        with pytest.raises(OtherFirmError):
            case.apply(name=name)
    case.apply(name="上海禾苗(测试)商贸有限公司")
    assert case.application().match["word"] == "former"
    case.apply(name="上海青禾(测试)商贸公司")
    assert case.application().match["word"] == "differs"


@pytest.mark.parametrize("more", [{"certified": False}, {"representative": " "}, {"category": "weapons"}, {"name": ""}])
def test_forms_must_be_whole(case: Case, more: dict[str, object]) -> None:
    """Certified, with a representative and a known category."""
    with pytest.raises(NotReadyError) as caught:
        case.apply(**more)
    assert set(caught.value.context["fields"]) <= {"name", "representative", "category", "certified"}  # type: ignore[call-overload]


def test_what_went_further_is_not_changed_by_applying_again(case: Case) -> None:
    """The same number comes back; a new one only after an end."""
    case.issued()
    first = case.application_id
    assert case.apply(representative="测试乙") == first
    assert case.application().representative == case.wish.representative
    with case.locked() as (session, application):
        move(session, application, "revoke", actor="merchant:qinghe", at=case.at)
    assert case.apply() != first


def test_steps_are_told_in_the_trail(case: Case) -> None:
    """Each step one row and one line; what is not possible changes nothing."""
    case.apply()
    with pytest.raises(StepError), case.locked() as (session, application):
        move(session, application, "issue", actor="x", at=case.at)
    assert case.state == "draft"
    with case.database.read() as session:
        assert verify(session).ok


def test_other_peoples_applications_are_not_there(case: Case) -> None:
    """No such number and somebody else's look alike."""
    case.apply()
    with case.database.write() as session:
        other = case.add_account(session, "other")
        for account_id, application_id in ((other, case.application_id), (case.account_id, 999)):
            with pytest.raises(ApplicationUnknownError):
                own_application(session, account_id, application_id)
        assert own_application(session, case.account_id, case.application_id).id == case.application_id
        with pytest.raises(ApplicationUnknownError):
            any_application(session, 999)
