"""12315 消费投诉: what is told to the complaint system — a note on one of its complaints, from a lead of ours."""

from collections.abc import Mapping

from exchange.connectors.complaint12315.privacy import hidden
from exchange.connectors.errors import WriteBackError
from exchange.connectors.post import Sending

KIND = "note"
MAX_NOTE = 2_000


def shape(what: Mapping[str, object]) -> Sending:
    """A note.

    Args:
        what: ``cause``, ``record_key`` (REGINO), ``text``, and where there are ``rule``, ``url``, ``evidence_id``,
            ``subject_code``, ``shop_id``.

    Raises:
        WriteBackError: complaint or text lacks, or the text is too long.
    """
    key, text = str(what.get("record_key") or ""), str(what.get("text") or "").strip()
    if not key or not text or len(text) > MAX_NOTE:
        raise WriteBackError(
            f"expected a complaint and a note of 1 to {MAX_NOTE} characters, got {key!r} and {len(text)}",
            hint="选择投诉并写明说明 Choose the complaint and write the note.",
            context={"fields": {"record_key" if not key else "text": "必填 needed"}},
        )
    shop = what.get("shop_id")
    told = {name: str(what[name]) for name in ("rule", "url", "evidence_id") if what.get(name)}
    return Sending(
        KIND,
        f"{what.get('cause')}:{key}",
        {"REGINO": key, "NOTE": hidden(text), **told},
        record_key=key,
        subject_code=str(what.get("subject_code") or ""),
        shop_id=shop if isinstance(shop, int) else None,
    )
