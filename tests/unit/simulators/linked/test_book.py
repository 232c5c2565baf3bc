import hashlib
from datetime import UTC, datetime, timedelta

from simulators.linked.book import Book

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_changes_in_order() -> None:
    """By time and then key; a record moves when it changes."""
    book = Book("penalty")
    for number, key in enumerate("bca"):
        book.put(key, {"n": number}, AT + timedelta(seconds=number // 2))
    assert [entry.key for entry in book.changes(AT, "", 2)[0]] == ["b", "c"]
    assert book.changes(AT, "b", 1) == ([book.entry("c")], True)
    book.put("b", {"n": 9}, AT + timedelta(seconds=9))
    assert [entry.key for entry in book.entries()] == ["c", "a", "b"]
    assert book.entry("b").version == 2


def test_key_set() -> None:
    """Only what stands; its digest is over ``key version`` lines."""
    book = Book("penalty")
    for key in "abc":
        book.put(key, {}, AT)
    book.take_back("b", AT)
    book.erase("c")
    assert book.keys("", 5) == ([("a", 1)], False)
    assert book.digest() == (1, hashlib.sha256(b"a 1\n").hexdigest())
    assert (book.find("c"), book.entry("b").as_row()["fields"]) == (None, {})


def test_posts_once() -> None:
    """The first receipt stays."""
    book = Book("penalty")
    first, second = (book.take_post("p", "note", {"a": 1}, AT + timedelta(hours=n)) for n in range(2))
    assert (first["state"], second["state"]) == ("stored", "duplicate")
    assert first["at"] == second["at"]
