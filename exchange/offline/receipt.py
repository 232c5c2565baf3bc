"""Return receipts: the file that goes back, signed, and says what became of a package."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exchange.offline.errors import ReturnReceiptError
from exchange.offline.hand import Hand
from exchange.offline.opening import read_signed
from exchange.offline.pack import write_signed
from kernel.clock import iso
from kernel.crypto import canonical_json
from kernel.errors import WangjianError

FORMAT = "wangjian-offline-receipt-1"
ACCEPTED, REFUSED = "accepted", "refused"
FIELDS = frozenset(
    {"at", "code", "format", "message", "number", "outcome", "package", "receiver", "sender", "sha256", "sheets"}
)


@dataclass(frozen=True, slots=True)
class ReturnReceipt:
    """What became of one package.

    Attributes:
        package: its id. sha256: digest of its manifest, hex. sender, receiver: of the package; the receiver signs.
        outcome: ``accepted`` or ``refused``. code, message: why it was refused, or empty.
        sheets: receipts of the messages it carried, as the receiver's exchange signed them.
    """

    package: str
    number: int
    sha256: str
    sender: str
    receiver: str
    outcome: str
    at: datetime
    code: str = ""
    message: str = ""
    sheets: tuple[Mapping[str, object], ...] = ()

    def as_json(self) -> dict[str, object]:
        """As it is signed and kept."""
        return {
            "at": iso(self.at),
            "code": self.code,
            "format": FORMAT,
            "message": self.message,
            "number": self.number,
            "outcome": self.outcome,
            "package": self.package,
            "receiver": self.receiver,
            "sender": self.sender,
            "sha256": self.sha256,
            "sheets": [dict(sheet) for sheet in self.sheets],
        }


def receipt_name(package: str) -> str:
    """Name of the receipt's file. Args: package: its id."""
    return f"receipt-{package}.json"


def write_receipt(body: Mapping[str, object], hand: Hand, folder: Path) -> Path:
    """Sign a receipt and write it into a folder; its path. Effects: the file, and the folder when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / receipt_name(str(body["package"]))
    write_signed(path, canonical_json(dict(body)), hand)
    return path


def read_receipt(path: Path) -> tuple[dict[str, object], bytes, dict[str, str]]:
    """A receipt as it came back: what it says, its bytes and its signature, not verified yet.

    Raises:
        ReturnReceiptError: not of this form. ForeignFileError, ManifestError: no plain file of signed text.
    """
    text, signature = read_signed(path)
    body = json.loads(text) if text.startswith(b"{") else None
    if not isinstance(body, dict) or set(body) != FIELDS or body["format"] != FORMAT or canonical_json(body) != text:
        raise ReturnReceiptError(f"expected a return receipt of the form {FORMAT}, got another text")
    sheets = body["sheets"]
    if body["outcome"] not in {ACCEPTED, REFUSED} or not isinstance(sheets, list):
        raise ReturnReceiptError("expected accepted or refused, with sheets of receipts, got others")
    return body, text, signature


def require_signed(hand: Hand, text: bytes, signature: Mapping[str, str]) -> None:
    """See that the peer signed a receipt with the agreed suite.

    Raises:
        ReturnReceiptError: it did not.
    """
    if signature.get("suite") != hand.suite:
        raise ReturnReceiptError(f"expected the agreed suite {hand.suite}, got another")
    try:
        hand.verify(text, signature)
    except WangjianError as error:
        raise ReturnReceiptError(f"expected the signature of {hand.peer}, got: {error.message}") from error
