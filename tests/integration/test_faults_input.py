"""Bad input through the command line: each with its code, its hint and its exit status, and nothing lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.trust import load as load_trust
from evidence.verify import verify
from kernel.clock import now
from pipeline.process import free_port
from simulators.market import RunningMarket, running_market
from tests.servers.installation import Installation, installed, offending
from tests.servers.timestamps import timestamping
from tests.servers.tiny_shop import Page, TinyShop, html, serving


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty installation with timestamp services that answer."""
    with timestamping(tmp_path / "tsa") as timestamps, installed(tmp_path / "data") as made:
        made.use(timestamps)
        yield made


@pytest.fixture(scope="module")
def market() -> Iterator[RunningMarket]:
    """The sample market, for its host with an expired certificate."""
    with running_market() as market:
        yield market


def _list(folder: Path, data: bytes) -> str:
    path = folder / "shops.csv"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("松韵茶行", "with http:// or https://, got '松韵茶行'"),
        ("ftp://shop.example.test/", "the scheme http or https, got 'ftp'"),
    ],
)
def test_what_is_no_web_address(installation: Installation, address: str, said: str) -> None:
    """Neither watched nor captured; no row is made."""
    for arguments in (("watch", address), ("capture", address, "--purpose", "测试")):
        done = installation.run(*arguments)
        assert done.code == 1, done.output
        assert "[crawl.address]" in done.output
        assert said in done.output
        assert "→ Example of a web address" in done.output
    assert not (installation.folder / "wangjian.db").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"site,note\nhttp://a.example.test/,x\n", "expected the columns url,name,platform,reason, got site,note"),
        ("url,name\nhttp://a.example.test/,茶\n".encode("utf-16"), "expected a text file in UTF-8 or GB 18030"),
        (b"", "got an empty file"),
        (b'url\n"http://a.example.test/\n', "got a broken line near"),
        (b"url\nnothing\nfile:///etc/passwd\n", "expected at least one shop"),
    ],
)
def test_a_list_that_is_none(installation: Installation, tmp_path: Path, data: bytes, said: str) -> None:
    """Wrong columns, wrong encoding, nothing in it, broken, no good line: refused whole."""
    done = installation.run("run", "--no-web", "--shops", _list(tmp_path, data))
    assert done.code == 1, done.output
    assert "[pipeline.shop_list]" in done.output
    assert said in done.output
    assert "→" in done.output
    assert installation.count().shops == 0


def test_a_list_that_is_not_there(installation: Installation, tmp_path: Path) -> None:
    """A path with nothing behind it is named."""
    done = installation.run("run", "--no-web", "--shops", str(tmp_path / "none.csv"))
    assert (done.code, "[pipeline.shop_list]" in done.output, "none.csv" in done.output) == (1, True, True)


def test_one_good_shop_among_bad_ones(installation: Installation, tmp_path: Path, market: RunningMarket) -> None:
    """Bad lines are named and left out, shops out of reach are named with the reason, the good one is visited."""
    slow = TinyShop(fallback=lambda _: Page(b"x" * 60, drip=0.2))
    good = TinyShop({"/": html("小店", "<h1>小店</h1><p>营业中</p>")})
    with serving(good), serving(slow), serving(TinyShop()) as private:
        closed = free_port()
        expired = f"https://expired.example.test:{market.ports.tls}/"
        installation.hosts.append("expired.example.test=127.0.0.1")
        installation.allow += [f"127.0.0.1:{port}" for port in (good.port, slow.port, closed)]
        installation.allow.append(f"expired.example.test:{market.ports.tls}")
        installation.options |= {"EXTRA_CA_FILE": str(market.ca_file), "PAGE_TIMEOUT_S": "1"}
        lines = (
            "url,name,platform,reason",
            f"{good.url},小店,,投诉",
            f"{good.url}?utm_source=x,重复,,",
            "gopher://old.example.test/,旧,,",
            f"{good.url},小店,nowhere,",
            private.url,
            f"http://127.0.0.1:{closed}/",
            slow.url,
            "http://nirgends.example.test/",
            expired,
        )
        rows = _list(tmp_path, "\r\n".join(lines).encode("gb18030"))
        done = installation.run("run", "--no-web", "--shops", rows)
        assert done.code == 0, done.output
        for line in (
            "shops.csv:3: [pipeline.shop_duplicate] the address is already on line 2",
            "shops.csv:4: [crawl.address] expected the scheme http or https",
            "shops.csv:5: [pipeline.shop_list] expected a platform of",
            f"[egress] {private.url}",
            f"[unreachable] http://127.0.0.1:{closed}/",
            f"[timeout] {slow.url}",
            "[dns] http://nirgends.example.test/",
            f"[tls] {expired}",
            "only an officer's order captures it",
        ):
            assert line in done.output
        assert not private.asked
        assert (installation.count().shops, installation.count().pages) == (6, 2)  # the home page and robots.txt


def test_nothing_within_reach(installation: Installation) -> None:
    """A visit that takes no page at all has failed, and says so."""
    done = installation.run("watch", "http://10.11.12.13/")
    assert done.code == 1, done.output
    assert "[egress] http://10.11.12.13/" in done.output
    assert "→ 只访问公网地址" in done.output
    assert "[pipeline.nothing_taken]" in done.output
    assert (installation.count().shops, installation.count().pages) == (1, 0)
    assert [job.state for job in installation.jobs("watch")] == ["done"]


def test_a_capture_of_a_private_address(installation: Installation) -> None:
    """An order to capture an address inside is refused once and for all, and custody keeps that."""
    with serving(offending(TinyShop())) as private:
        done = installation.run("capture", private.url, "--purpose", "测试")
        assert done.code == 1, done.output
        assert "[capture.egress_refused]" in done.output
        assert "→" in done.output
        assert not private.asked
    assert [row.state for row in installation.evidence()] == ["failed"]
    # A slow machine also has time for digests of the archive as far as it came.
    actions = [action for action in installation.custody() if action != "checkpoint"]
    assert (actions, installation.packages()) == (["ordered", "failed"], [])


def test_an_expired_certificate_by_order(installation: Installation, tmp_path: Path, market: RunningMarket) -> None:
    """An officer's order captures it; the certificate's verdict is in the package, and verification shows it."""
    installation.hosts.append("expired.example.test=127.0.0.1")
    installation.allow.append(f"expired.example.test:{market.ports.tls}")
    installation.options["EXTRA_CA_FILE"] = str(market.ca_file)
    url = f"https://expired.example.test:{market.ports.tls}/"
    done = installation.run("capture", url, "--purpose", "证书过期取证")
    assert done.code == 0, done.output
    row = installation.evidence()[0]
    main = row.summary["main_document"]
    assert isinstance(main, dict)
    assert main["tls_verdict"]["state"] == "invalid"
    assert "CERT_DATE_INVALID" in main["tls_verdict"]["error"]
    exported = tmp_path / "out.zip"
    exported.write_bytes((installation.folder / "evidence" / row.store_key[:2] / row.store_key).read_bytes())
    report = verify(exported, trust=load_trust(installation.config().trust_path()), at=now())
    assert report.exit_code == 3
    shown = installation.run("verify", str(exported))
    assert shown.code == 3, shown.output
    assert "W602" in shown.output
