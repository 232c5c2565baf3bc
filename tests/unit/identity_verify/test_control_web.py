"""Control by file and by meta element, and why it fails."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.control import FETCH_ERRORS
from identity_verify.control_web import FILE_BYTES, PAGE_BYTES, check_file, check_meta, page_text
from tests.servers.paper_net import PaperNet
from tests.unit.identity_verify.challenges import LAST_DAY, OTHER, TODAY, TOKEN, challenge_of

FILE = f"https://www.tea.example/.well-known/scjg-challenge/{TOKEN}"
HOME = "https://www.tea.example/"
META = f'<meta name="scjg-challenge" content="{TOKEN}">'
LATER = LAST_DAY + timedelta(days=1)


@pytest.mark.parametrize("body", [TOKEN, f"{TOKEN}\n", f"\ufeff{TOKEN}\r\n", f"  {TOKEN.upper()} "])
def test_the_file_proves_the_host(net: PaperNet, body: str) -> None:
    """Alone in it, whatever the editor put round it."""
    net.serve(FILE, body, "text/plain; charset=utf-8")
    assert check_file(challenge_of(), net, on=TODAY).ok
    assert check_file(challenge_of(), net, on=LATER).cause == "expired-token"


def test_the_file_may_end_in_txt(net: PaperNet) -> None:
    """Asked for when the bare name is not there or has another type."""
    net.serve(f"{FILE}.txt", TOKEN, "text/plain")
    assert check_file(challenge_of(), net, on=TODAY).ok
    net.serve(FILE, TOKEN, "application/octet-stream")
    assert check_file(challenge_of(), net, on=TODAY).ok
    del net.pages[f"{FILE}.txt"]
    assert check_file(challenge_of(), net, on=TODAY).cause == "wrong-type"


@pytest.mark.parametrize(
    ("body", "kind", "status", "cause"),
    [
        (f"<html>{TOKEN}</html>", "text/html", 200, "wrong-type"),
        (OTHER, "text/plain", 200, "wrong-token"),
        (f"token={TOKEN}", "text/plain", 200, "wrong-content"),
        ("", "text/plain", 200, "wrong-content"),
        (f"{TOKEN}{' ' * FILE_BYTES}", "text/plain", 200, "too-large"),
        (TOKEN, "text/plain", 500, "http-status"),
        (TOKEN, "text/plain", 206, "http-status"),
        (TOKEN, "text/plain", 410, "not-found"),
    ],
)
def test_a_file_that_does_not_prove(net: PaperNet, body: str, kind: str, status: int, cause: str) -> None:
    """Wrong type, token, content, size or status."""
    net.serve(FILE, body, kind, status)
    outcome = check_file(challenge_of(), net, on=TODAY)
    assert (outcome.ok, outcome.cause) == (False, cause)
    assert outcome.detail["url"] in {FILE, f"{FILE}.txt"}


@pytest.mark.parametrize("error", [error for error in FETCH_ERRORS if error])
def test_what_stops_a_fetch_is_the_cause(net: PaperNet, error: str) -> None:
    """Redirects off the host and all the others, for both methods."""
    net.fail(FILE, error, "why")
    net.fail(HOME, error, "why")
    assert check_file(challenge_of(), net, on=TODAY).cause == error
    assert check_meta(challenge_of(), net, on=TODAY).cause == error
    assert check_meta(challenge_of(), net, on=TODAY).detail["error"] == "why"


@pytest.mark.parametrize(
    "page",
    [
        f"<html><head><title>x</title>{META}</head><body></body></html>",
        f"<!doctype html>{META}<title>no head written, still in it</title><p>",
        f"<head><META NAME='SCJG-Challenge' CONTENT=' {TOKEN.upper()} '></head>",
        f'<head><meta name="scjg-challenge" content="{OTHER}">{META}</head>',
    ],
)
def test_the_meta_element_proves_the_host(net: PaperNet, page: str) -> None:
    """In the head as the server sends it."""
    net.serve(HOME, page)
    assert check_meta(challenge_of(), net, on=TODAY).ok
    assert check_meta(challenge_of(), net, on=LATER).cause == "expired-token"


@pytest.mark.parametrize(
    ("page", "kind", "cause"),
    [
        (f"<head></head><body><p>{META}</body>", "text/html", "meta-in-body"),
        (f"<head><script>document.head.innerHTML+='{META}'</script></head>", "text/html", "meta-by-script"),
        (f"<head><!-- {META} --></head>", "text/html", "meta-in-comment"),
        (f'<head><meta name="scjg-challenge" content="{OTHER}"></head>', "text/html", "wrong-token"),
        (f'<head><meta name="other" content="{TOKEN}"></head>', "text/html", "meta-missing"),
        (f"<body>{TOKEN}</body>", "text/html", "meta-missing"),
        ("", "text/html", "meta-missing"),
        (META, "application/json", "wrong-type"),
        (f"<head>{' ' * PAGE_BYTES}{META}</head>", "text/html", "too-large"),
    ],
)
def test_a_page_that_does_not_prove(net: PaperNet, page: str, kind: str, cause: str) -> None:
    """Anybody who may write a comment may write into the body; a script is not the server."""
    net.serve(HOME, page, kind)
    assert check_meta(challenge_of(), net, on=TODAY).cause == cause


def test_a_part_of_a_site_has_its_own_page(net: PaperNet) -> None:
    """The meta element of the path's page proves the path, the home page's does not."""
    challenge = challenge_of("path", "/~me/")
    net.serve(HOME, f"<head>{META}</head>")
    assert check_meta(challenge, net, on=TODAY).cause == "not-found"
    net.serve("https://www.tea.example/~me/", f"<head>{META}</head>")
    assert check_meta(challenge, net, on=TODAY).ok


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(body: bytes) -> None:
    """Hostile bytes are looked at like all others."""
    net = PaperNet()
    net.serve(HOME, body)
    assert not check_meta(challenge_of(), net, on=TODAY).ok
    assert isinstance(page_text(body), str)


def test_page_text_has_no_scripts() -> None:
    """What a person reads."""
    assert page_text(b"<p>a<script>b</script><style>c</style></p>").strip() == "a"
