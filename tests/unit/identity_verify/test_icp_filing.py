"""ICP filings: numbers in texts, and the table."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from identity_verify.errors import FilingTableError
from identity_verify.icp_filing import Filing, base_number, find_filings, import_table, numbers_in, read_table
from kernel.db import Database
from kernel.models import AuditEntry, IcpFiling

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
CODE = "91310115XX0000019T"
TABLE = f"""number,holder_code,holder_name,domains
沪ICP备2026000001号-1,{CODE},上海云栖(测试)茶业有限公司,tea.example
沪ICP备2026000001号-2,{CODE},上海云栖(测试)茶业有限公司,www.leaf.example
沪ICP证2026000002号,,上海无码(测试)商行,"a.example, b.example"
not a number,{CODE},x,tea.example
沪ICP备2026000003号,91310115XX0000018T,x,tea.example
沪ICP备2026000004号,,,tea.example
沪ICP备2026000005号,{CODE},x,not a domain
"""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("版权所有 沪ICP备2026000001号-1 沪公网安备", ("沪ICP备2026000001号-1",)),
        ("沪icp备 2026000001 号－ 2 、沪ICP备2026000001号-02", ("沪ICP备2026000001号-2",)),
        ("京ＩＣＰ证０３０１７３号", ("京ICP证030173号",)),
        ("浙B2-20080224", ()),
        ("ICP备案", ()),
    ],
)
def test_numbers_are_found(text: str, numbers: tuple[str, ...]) -> None:
    """In one form, each once, whatever width or spaces they have."""
    assert numbers_in(text) == numbers


@given(st.text(max_size=100))
def test_any_text_has_numbers_or_none(text: str) -> None:
    """And a number in normal form is found again as itself."""
    for number in numbers_in(text):
        assert numbers_in(number) == (number,)
        assert base_number(base_number(number)) == base_number(number)


def test_whose_a_filing_is() -> None:
    """By code where there is one; else by the name to the letter, width and spaces aside."""
    by_code = Filing("n", CODE, "上海云栖(测试)茶业有限公司", ())
    assert by_code.is_of(CODE, ())
    assert not by_code.is_of("92310104XX0000027L", ("上海云栖(测试)茶业有限公司",))
    by_name = Filing("n", "", "上海云栖（测试） 茶业有限公司", ())
    assert by_name.is_of(CODE, ("上海云栖(测试)茶业有限公司",))
    assert not by_name.is_of(CODE, ("", "上海云栖茶业有限公司"))
    assert not Filing("n", "", "", ()).is_of("", ("",))


def test_a_table_is_taken_once(database: Database) -> None:
    """Rows of one filing become one; bad rows are told with their line; again changes nothing."""
    with database.write() as session:
        first = import_table(session, TABLE.encode(), source_ref="test.csv", actor="inspector", at=AT)
        again = import_table(session, TABLE.encode("gb18030"), source_ref="test.csv", actor="inspector", at=AT)
    assert (first.taken, first.unchanged, [line for line, _ in first.refused]) == (2, 0, [5, 6, 7, 8])
    assert (again.taken, again.unchanged) == (0, 2)
    with database.read() as session:
        rows, imported = find_filings(session, ("沪ICP备2026000001号-7",))
        assert imported
        assert rows == (
            Filing("沪ICP备2026000001号", CODE, "上海云栖(测试)茶业有限公司", ("tea.example", "leaf.example")),
        )
        assert len(session.execute(select(AuditEntry).where(AuditEntry.action == "icp_filing.import")).all()) == 2


def test_a_newer_table_replaces(database: Database) -> None:
    """A domain that left the filing no longer counts."""
    head = "备案号,统一社会信用代码,网站域名\n"
    with database.write() as session:
        import_table(session, TABLE.encode(), source_ref="old", actor="a", at=AT)
        import_table(
            session, f"{head}沪ICP备2026000001号-1,{CODE},leaf.example\n".encode(), source_ref="new", actor="a", at=AT
        )
        row = session.get_one(IcpFiling, "沪ICP备2026000001号")
        assert (row.domains, row.source_ref) == (["leaf.example"], "new")


def test_no_table_yet(database: Database) -> None:
    """That is told apart from a number that is not in it."""
    with database.read() as session:
        assert find_filings(session, ("沪ICP备2026000001号",)) == ((), False)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\xff\xfe\x00", b"a,b\n1,2\n", b"", b"number\n1\n"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    """With the columns it needs."""
    with pytest.raises(FilingTableError) as caught:
        list(read_table(data))
    assert "holder_code" in caught.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    """Nothing else is raised, also for bytes after a good heading."""
    for body in (data, b"number,holder_code\n" + data):
        try:
            list(read_table(body))
        except FilingTableError:
            continue
