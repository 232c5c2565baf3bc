"""Text to tokens: one way for both engines, the same for documents and queries.

Two readings of every text:

* **words** for people who type words: Jieba's dictionary in search mode over normalised text;
* **characters** for the exact phrase: every code point is a token, spaces and punctuation too,
  so that a run of tokens is found exactly where the string stands.

Normalising is Unicode NFKC followed by lower case, nothing else: full width becomes half width,
``①`` becomes ``1``, ``Ａ`` becomes ``a``; spaces are neither added, dropped nor joined.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from importlib.metadata import version

import rjieba

MAX_WORD = 100
"""Longer tokens are cut, so that no engine's own limit can make a difference."""

_WORD_LIKE = re.compile(r"\w")
_RUN = re.compile(r"[a-z]+|[0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SCHEMA = "1"


def normalise(text: str) -> str:
    """The text as phrases are compared: NFKC, then lower case. Lone surrogates become U+FFFD."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return plain if plain.isascii() else _SURROGATE.sub("\ufffd", plain)


def words(text: str) -> list[str]:
    """Tokens of raw text, in order, repeats kept; none holds white space or only punctuation."""
    return words_of(normalise(text))


def words_of(normalised: str) -> list[str]:
    """Tokens of text that is already normalised.

    A Latin token of mixed kind gives its parts as well (``iphone15``: ``iphone15 iphone 15``).
    """
    tokens: list[str] = []
    for token in rjieba.cut_for_search(normalised):
        if token.isalpha() or token.isdigit():
            tokens.append(token[:MAX_WORD])
        elif _WORD_LIKE.search(token):
            tokens.extend(_mixed(token))
    return tokens


def _mixed(token: str) -> list[str]:
    pieces = [piece[:MAX_WORD] for piece in token.split()]
    runs = [run[:MAX_WORD] for run in _RUN.findall(token)] if token.isascii() else []
    return pieces + [run for run in runs if run not in pieces]


@lru_cache(maxsize=4096)
def joined_words(text: str) -> str:
    """Tokens of a short, often repeated text (shop, brand, category), joined by single spaces."""
    return " ".join(words(text))


def character_tokens(normalised: str) -> list[str]:
    """One token a code point of normalised text; those a white-space analyzer would eat are spelt in hex."""
    return [char if char.isprintable() and char != " " else f"u+{ord(char):x}" for char in normalised]


@lru_cache(maxsize=1)
def dictionary_version() -> str:
    """Eight hex digits that change with the dictionary, the Unicode tables or the shape of the index."""
    parts = (_SCHEMA, version("rjieba"), unicodedata.unidata_version)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
