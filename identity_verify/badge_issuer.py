"""The issuer of badges: its origin, and the addresses that stand in tokens."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from kernel.config import Settings

LIST_SIZE = 100_000
"""Tokens in one status list; a million tokens make ten lists."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs, by address.

    Attributes:
        origin: scheme, host and port of the public interface; the ``iss`` of every token.
    """

    origin: str

    @property
    def vct(self) -> str:
        """Type of the credential, an address where its description lies."""
        return f"{self.origin}/badge-type/1"

    @property
    def jwks(self) -> str:
        """Where the public keys lie."""
        return f"{self.origin}/.well-known/jwks.json"

    def page(self, badge_id: str) -> str:
        """The page that tells everybody about a badge."""
        return f"{self.origin}/v/{badge_id}"

    def frame(self, badge_id: str) -> str:
        """The live badge, to be framed by the registered sites."""
        return f"{self.origin}/badge/{badge_id}"

    def status_uri(self, number: int) -> str:
        """A status list by its number."""
        return f"{self.origin}/badge-status/{number}"

    def place_of(self, idx: int) -> tuple[int, str]:
        """Place in its status list, and the list's address, of a token by its number."""
        return idx % LIST_SIZE, self.status_uri(idx // LIST_SIZE)


def issuer_of(settings: Settings) -> Issuer:
    """The issuer of an installation: ``public_url``, else where the interface listens."""
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        return Issuer(f"{parts.scheme}://{parts.netloc}")
    host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
    return Issuer(f"http://{host}:{settings.web_port}")
