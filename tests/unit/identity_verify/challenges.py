"""The challenge that the tests of control have in common."""

from datetime import date

from identity_verify.control import Challenge

TOKEN = "abcdefghijklmnopqrstuv2345"
OTHER = "zyxwvutsrqponmlkjihgfe5432"
TODAY = date(2026, 11, 25)
LAST_DAY = date(2027, 11, 25)


def challenge_of(scope: str = "host", path: str = "/") -> Challenge:
    """The challenge of the tests' site."""
    return Challenge(
        origin="https://www.tea.example",
        host="www.tea.example",
        domain="tea.example",
        path=path,
        scope=scope,
        token=TOKEN,
        expires_on=LAST_DAY,
        delegate="challenge.wangjian.example",
    )
