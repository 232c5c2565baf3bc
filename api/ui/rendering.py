"""Templates: the environment, the filters, and one function that makes a page."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.access import CSRF_HEADER
from api.auth import SignedIn
from api.context import context_of
from api.merchant_auth import MerchantSignedIn
from api.policy import Permission
from api.queries.facts import ShownFact
from api.ui.catalogue import LANGUAGES, Language, text, word
from crawlers.reading.errors import PlatformFileError
from crawlers.reading.platform import platform_of
from identity_verify.filing import written
from kernel.clock import CHINA, parse_iso
from kernel.errors import ClockError
from supervision.rules.rule_catalogue import load_catalogue

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "wangjian_language"
THEME_COOKIE = "wangjian_theme"
THEMES = ("auto", "light", "dark")
HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "attributesToSettle": ["class"],
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": False,
        "timeout": 30_000,
    }
)


@lru_cache(maxsize=32)
def integrity(path: str) -> str:
    """Subresource integrity value of a static file. Spec: W3C SRI."""
    digest = hashlib.sha384((STATIC / path).read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def static_url(path: str) -> str:
    """Address of a static file, with its digest so that it may be cached for good."""
    return f"/static/{path}?v={quote(integrity(path)[7:19], safe='')}"


def money(fen: int | None, currency: str = "CNY") -> str:
    """An amount with two decimals, or a dash.

    Args:
        fen: hundredths of the currency's unit. currency: ISO 4217 code, told where it is not CNY.
    """
    if fen is None:
        return "—"
    sign = "-" if fen < 0 else ""
    mark = "¥" if currency == "CNY" else f"{currency} "
    return f"{sign}{mark}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def when(at: datetime | None) -> str:
    """A time in China's zone, to the second."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S") if at else "—"


def moment(value: str) -> str:
    """The same of a time in RFC 3339; as it is where it is none."""
    try:
        return when(parse_iso(value)) if value else "—"
    except ClockError:
        return value


def day(at: datetime | None) -> str:
    """A date in China's zone."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d") if at else "—"


def size(count: int | None) -> str:
    """Bytes in the largest fitting unit."""
    value, unit = float(count or 0), "B"
    for larger in ("KB", "MB", "GB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def number(value: int | None) -> str:
    """An integer with thousands separators, or a dash."""
    return "—" if value is None else f"{value:,}"


def grouped(digest: str) -> str:
    """A hex digest in groups of four, to be read aloud."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def web_link(url: str) -> str:
    """The address when it is http(s), else empty: other schemes never become links."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else ""
    except ValueError:  # a bracket that opens an IPv6 address and does not close
        return ""


def fact_text(value: object) -> str:
    """A fact's value as a person reads it."""
    if not isinstance(value, dict):
        return f"{value:,}" if isinstance(value, int) else str(value)
    currency = str(value.get("currency") or "CNY")
    amounts = [money(value[key], currency) for key in ("fen", "fen_max") if isinstance(value.get(key), int)]
    parts = [
        str(value.get("label") or ""),
        " – ".join(amounts),
        f"/ {value['unit']}" if value.get("unit") else "",
        f"({value['sku']})" if value.get("sku") else "",
        "☑" if value.get("checked") else "",
    ]
    told = " ".join(part for part in parts if part)
    return told or " ".join(f"{key}: {item}" for key, item in value.items() if item is not None)


def claim_text(value: object) -> str:
    """A claimed value as a person reads it: lists in a row, pairs as ``role name``."""
    if isinstance(value, list):
        return "；".join(" ".join(map(str, item)) if isinstance(item, list) else claim_text(item) for item in value)
    if isinstance(value, dict):
        return "；".join(f"{key} {claim_text(item)}" for key, item in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def alike(rows: Iterable[ShownFact]) -> list[list[ShownFact]]:
    """Facts that say the same of the same field, together; in the order of the first of each."""
    found: dict[tuple[str, str, str], list[ShownFact]] = {}
    for row in rows:
        kind = str(row.fact.value.get("kind", "")) if isinstance(row.fact.value, dict) else ""
        found.setdefault((row.fact.field, kind, fact_text(row.fact.value)), []).append(row)
    return list(found.values())


def with_query(path: str, params: Mapping[str, object], **changes: object) -> str:
    """An address with parameters, some of them changed; empty ones are left out, lists repeat."""
    pairs: list[tuple[str, str]] = []
    for key, value in {**params, **changes}.items():
        values = value if isinstance(value, list | tuple) else [value]
        pairs += [(key, str(item)) for item in values if item not in (None, "")]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (money, when, moment, day, size, number, grouped, web_link, fact_text, claim_text, alike)
    environment.filters.update({function.__name__: function for function in filters})
    environment.globals.update(
        static_url=static_url, integrity=integrity, with_query=with_query, htmx_config=HTMX_CONFIG, themes=THEMES,
        languages=LANGUAGES, csrf_header=CSRF_HEADER,
    )  # fmt: skip
    return environment


ENVIRONMENT = _environment()


def named(language: Language, group: str, value: str) -> str:
    """As the catalogue says; a rule's or platform's name is in its own description, a filing as pages show it."""
    if group == "rule":
        rule = load_catalogue().rules.get(value)
        return (rule.title.zh if language == "zh" else rule.title.en) if rule else value
    told = word(language, group, value)
    if group == "platform" and told == value:
        try:
            return platform_of(value).title
        except PlatformFileError:  # one whose adapter is not here any more
            return value
    return written(told) if told == value else told


def language_of(request: Request) -> Language:
    """The reader's language: the cookie's, else Chinese."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


def theme_of(request: Request) -> str:
    """The reader's theme: the cookie's, else as the system says."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else "auto"


def render(request: Request, template: str, **values: object) -> str:
    """A template with the reader's language, theme, permissions and CSRF token."""
    who: SignedIn | None = getattr(request.state, "who", None)
    # On merchants' pages alone: their sign-in is another kind, and holds no permission of officers.
    merchant: MerchantSignedIn | None = getattr(request.state, "merchant", None)
    signed = merchant or who
    language = language_of(request)
    query = request.url.query
    base: dict[str, object] = {
        "t": partial(text, language),
        "word": partial(named, language),
        "language": language,
        "theme": theme_of(request),
        "who": who,
        "may": lambda name: who is not None and who.scope.may(Permission(name)),
        "csrf_token": signed.csrf_token if signed else "",
        "merchant": merchant,
        "path": request.url.path,
        "here": request.url.path + (f"?{query}" if query else ""),
        "now": context_of(request).now(),
    }
    return ENVIRONMENT.get_template(template).render({**base, **values})


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page or a piece of one as an answer."""
    return HTMLResponse(render(request, template, **values), status_code=status)


def is_fragment(request: Request) -> bool:
    """True when htmx asks for a piece and not the browser for a page."""
    headers = request.headers
    whole = headers.get("hx-boosted") == "true" or headers.get("hx-history-restore-request") == "true"
    return headers.get("hx-request") == "true" and not whole
