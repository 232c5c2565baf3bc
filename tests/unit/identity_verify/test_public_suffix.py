"""Public suffixes by our reading of the list, beside tldextract's own."""

import subprocess
import sys
from functools import cache

import tldextract
from hypothesis import example, given
from hypothesis import strategies as st

from identity_verify.public_suffix import suffix_labels

LABELS = (
    "shop", "a", "www", "com", "cn", "net", "gov", "公司", "xn--55qx5d", "xn--a", "github", "io", "ck", "kawasaki",
    "city", "jp", "uk", "co", "blogspot", "test", "example", "香港", "hk", "compute", "amazonaws", "COM", "s3",
)  # fmt: skip


@cache
def _anchor() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def test_rules_wildcards_and_exceptions() -> None:
    """Each kind of rule of the list, private ones too; A-labels and others are the same name."""
    found = {
        host: suffix_labels(host.split("."))
        for host in (
            "com.cn", "a.b.com.cn", "tea.github.io", "shop.ck", "a.shop.ck", "www.ck", "x.city.kawasaki.jp",
            "x.other.kawasaki.jp", "茶叶.公司.cn", "xn--qpr921i.xn--55qx5d.cn", "shop.example.test", "localhost",
        )
    }  # fmt: skip
    assert list(found.values()) == [2, 2, 2, 2, 2, 1, 2, 3, 2, 2, 0, 0]


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=5))
@example(["www", "ck"])
@example(["a", "b", "kawasaki", "jp"])
def test_the_package_itself_agrees(labels: list[str]) -> None:
    """The suffix of any host is what tldextract says."""
    suffix = _anchor()(".".join(labels)).suffix
    assert suffix_labels(labels) == (len(suffix.split(".")) if suffix else 0)


def test_the_http_client_of_the_package_is_not_loaded() -> None:
    """Only its list is read."""
    asked = "import sys; from identity_verify.site_address import registrable as r; print(r('a.b.com.cn'))"
    told = "print(sorted({'tldextract', 'requests'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", f"{asked}; {told}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.split() == ["b.com.cn", "[]"]
