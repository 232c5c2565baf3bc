import pytest

from exchange.connectors.errors import WriteBackError
from exchange.connectors.penalty.message import NEEDED, shape

WHAT: dict[str, object] = {
    "number": "沪市监测处〔2026〕1号", "party_name": "上海测试（测试）有限公司", "act": "虚假标价",
    "content": "罚款1000元",
    "authority": "测试局", "decided_on": "2026-11-20", "subject_code": "91310115XX0000019T", "shop_id": 3,
}  # fmt: skip


def test_a_summary() -> None:
    """In the system's field names; the number of the decision is the cause, so it is told once."""
    sending = shape(WHAT)
    assert sending.payload["PenDecNo"] == "沪市监测处〔2026〕1号"
    assert (sending.cause, sending.shop_id) == ("decision:沪市监测处〔2026〕1号", 3)


@pytest.mark.parametrize("lacking", sorted(NEEDED))
def test_a_summary_is_whole(lacking: str) -> None:
    """What lacks is named."""
    with pytest.raises(WriteBackError) as caught:
        shape({**WHAT, lacking: " "})
    assert caught.value.context["fields"] == {lacking: "必填 needed"}
