"""Where a browser may be sent after a form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.locations import local_path


@pytest.mark.parametrize("wanted", ["/", "/shops?text=a&x=%2F", "/hits/1#why", "/检索"])
def test_our_own_paths_are_kept(wanted: str) -> None:
    """With query and fragment."""
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "shops",
        "//evil.example.test",
        "/\\evil.example.test",
        "https://evil.example.test/",
        "javascript:x",
        "/a\nb",
        "//[",
    ],
)
def test_all_else_goes_to_the_other_address(wanted: str) -> None:
    """No open redirect."""
    assert local_path(wanted, "/hits") == "/hits"


@given(st.text(alphabet=st.sampled_from("/\\:@?#.ab[]\t\n 茶"), max_size=12))
def test_the_answer_is_always_a_path_of_ours(wanted: str) -> None:
    """One slash first, no backslash, nothing unprintable."""
    path = local_path(wanted)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path
    assert path.isprintable()
