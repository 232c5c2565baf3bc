"""Records of one capture, full and bare, from which the readable parts are made. All of it is fiction."""

from evidence.dossier import Dossier, SealedFile, Sources, gather
from tests.data.evidence.workshop import AT, URL

CAPTURE: dict[str, object] = {
    "version": 2,
    "id": "ev-20261125-0001",
    "purpose": "核查“全网最低价”价格宣传",
    "requested_url": URL,
    "final_url": URL + "?from=home",
    "title": "样品茶叶礼盒 500 克 – 样品旗舰店 㐀",
    "redirect_chain": [{"url": URL, "status": 302}, {"url": URL + "?from=home", "status": 200}],
    "started_at": "2026-11-25T07:59:40.000000Z",
    "ended_at": "2026-11-25T07:59:55.250000Z",
    "clock": [{"label": "start", "utc": "2026-11-25T07:59:40.000000Z"}],
    "options": {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN", "timezone": "Asia/Shanghai"},
    "account": "",
    "browser": {"version": "Chromium 156.0.1", "sha256": "c" * 64, "sandbox": True},
    "main_document": {
        "url": URL,
        "status": 200,
        "remote_address": "203.0.113.7",
        "remote_port": 443,
        "protocol": "h2",
        "tls": "TLS 1.3",
        "cipher": "TLS_AES_128_GCM_SHA256",
        "tls_verdict": {"state": "valid", "error": ""},
        "certificates": ["ab" * 32, "cd" * 32],
        "dns": [{"address": "203.0.113.7", "ttl": 60}],
        "resolver": "198.51.100.1",
        "body_sha256": "ef" * 32,
    },
    "behaviours": {"scroll_steps": 4, "scroll_stop": "end", "page_height_px": 4200, "events": []},
}
COMPLETENESS: dict[str, object] = {
    "verdict": "PARTIAL",
    "loaded": 37,
    "failed": [{"url": "https://img.example.test/lost.png", "kind": "Image", "reason": "no_answer"}],
    "blocked": [{"url": "http://10.0.0.1/", "kind": "Image", "reason": "address_not_global"}],
    "stop_reason": "failed_resources",
}
AUTHORITY: dict[str, object] = {
    "kind": "case",
    "number": "样市监网取〔2026〕第 15 号",
    "basis": "《网络交易监督管理办法》第三十六条",
    "issued_by": "样品市市场监督管理局",
    "valid_from": "2026-11-20T00:00:00Z",
    "valid_to": "2026-12-20T00:00:00Z",
    "case_number": "样市监案〔2026〕102 号",
    "captured_by": "officer-1",
    "sealed_by": "officer-2",
    "officers": [
        {
            "name": "样品甲",
            "certificate_number": "样0000001",
            "unit": "样品市市场监督管理局网监科",
            "approved_at": "2026-11-25T07:50:00Z",
        },
        {
            "name": "样品乙",
            "certificate_number": "样0000002",
            "unit": "样品市市场监督管理局网监科",
            "approved_at": "2026-11-25T07:51:00Z",
        },
    ],
}
ENVIRONMENT: dict[str, object] = {
    "machine": {"host": "node-1", "system": "Linux-6.1-x86_64", "python": "3.11.2"},
    "profile": {"fresh": True, "history": 0, "cookies_before": 0, "extensions": []},
    "proxy": {"note": "own egress proxy in the same process; passes bytes unchanged, ends no TLS"},
    "clock": {
        "ntp": {"state": "CHECKED", "reason": "4 of 4 time servers agree within 1 s", "offset_us": 12500},
        "kernel": {"state": "CHECKED", "synchronised": True},
    },
    "hosts_file": {"entries_that_matter": ["203.0.113.9 shop.example.test"]},
    "code": {
        "sha256": "aa" * 32,
        "commit": "0123456789abcdef",
        "packages": {"playwright": "1.56", "cryptography": "46.0"},
    },
}
SECOND: dict[str, object] = {
    "first": "the browser's capture",
    "fetch": {
        "state": "compared",
        "same": ["status"],
        "different": [{"what": "prices", "first": ["¥128.00"], "second": ["¥138.00"]}, {"what": "text"}],
    },
    "node": {"state": "failed", "reason": "it did not come to its end in time"},
}
CUSTODY: tuple[dict[str, object], ...] = (
    {"seq": 1, "at": "2026-11-25T07:58:00.000000Z", "actor": "officer-1", "action": "ordered", "purpose": "核查价格"},
    {
        "seq": 2,
        "at": "2026-11-25T07:59:55.000000Z",
        "actor": "system:capture",
        "action": "captured",
        "purpose": "",
    },
)
FILES = (
    SealedFile("data/capture.wacz", 1_834_112, "1a" * 32, "2b" * 32),
    SealedFile("data/dom.html", 40_960, "3c" * 32, "4d" * 32),
    SealedFile("data/env/clean.json", 1_024, "5e" * 32, "6f" * 32),
    SealedFile("data/net/requests.jsonl", 20_480, "7a" * 32, "8b" * 32),
    SealedFile("data/net/tls/" + "ab" * 32 + ".der", 1_200, "9c" * 32, "ad" * 32),
    SealedFile("data/page.pdf", 204_800, "be" * 32, "cf" * 32),
    SealedFile("data/screens/000-initial.png", 512_000, "d0" * 32, "e1" * 32),
    SealedFile("data/screens/010-after-scroll.png", 812_000, "f2" * 32, "03" * 32),
)


def full() -> Dossier:
    """Everything is known, and not all of it is good news."""
    sources = Sources(CAPTURE, COMPLETENESS, AUTHORITY, ENVIRONMENT, SECOND, CUSTODY)
    return gather(sources, FILES, AT, "good")


def bare() -> Dossier:
    """Only what every capture says."""
    names = ("id", "requested_url", "final_url", "started_at", "ended_at")
    capture = {name: CAPTURE[name] for name in names}
    return gather(Sources(capture, {"verdict": "COMPLETE"}), FILES[:1], AT, "unknown")
