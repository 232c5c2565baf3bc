"""Is it the name of the code's subject?"""

import pytest

from identity_verify.errors import OtherFirmError
from identity_verify.name_check import check_name
from identity_verify.subjects import find_by_code
from tests.unit.identity_verify.merchant_case import Case


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("上海青禾(测试)商贸有限公司", "same"),
        ("上海青禾（測試）商貿有限公司", "same"),
        ("上海禾苗(测试)商贸有限公司", "former"),
        ("上海青禾(测试)商贸有限责任公司", "differs"),
    ],
)
def test_words(case: Case, name: str, word: str) -> None:
    """Width, script and brackets aside; former names are told as such."""
    with case.database.read() as session:
        subject = find_by_code(session, case.extract.code)
        assert subject is not None
        check = check_name(session, subject, name)
    assert check.word == word
    assert (check.score == 1000) == (word == "same")
    assert check.registered == case.extract.name
    assert set(check.as_dict()) == {"word", "score", "registered", "nearest", "reasons"}
    assert bool(check.reasons) == (word == "differs")


def test_nothing_alike_is_refused(case: Case) -> None:
    """With what to do."""
    with case.database.read() as session:
        subject = find_by_code(session, case.extract.code)
        assert subject is not None
        for name in ("", "完全无关"):
            with pytest.raises(OtherFirmError) as caught:
                check_name(session, subject, name)
            assert caught.value.hint
