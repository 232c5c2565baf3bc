"""A document as columns of the index, the same for both engines."""

from dataclasses import dataclass
from functools import lru_cache

from search.documents import ListingDocument
from search.fields import NAMES_WORDS, characters_field, words_field
from search.segmenter import joined_words, normalise, words_of

_LONG = ("title", "description")
_NAMES = ("shop", "brand", "category", "seller")


@dataclass(frozen=True, slots=True)
class Projection:
    """Values by field of ``search.fields.all_fields``; empty texts are left out.

    Attributes:
        words: tokens joined by single spaces. characters: normalised text.
        keywords, integers: as in ``ListingDocument``.
    """

    words: dict[str, str]
    characters: dict[str, str]
    keywords: dict[str, tuple[str, ...]]
    integers: dict[str, int]


def project(document: ListingDocument) -> Projection:
    """The columns of one document."""
    words: dict[str, str] = {}
    characters: dict[str, str] = {}
    for name in _LONG:
        if plain := normalise(document.text(name)):
            characters[characters_field(name)] = plain
            words[words_field(name)] = " ".join(words_of(plain))
    name_words, name_characters = _names(tuple(document.text(name) for name in _NAMES))
    return Projection(words | name_words, characters | name_characters, document.keywords(), document.integers())


@lru_cache(maxsize=4096)
def _names(texts: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns of the short texts, which repeat from listing to listing."""
    given = {name: text for name, text in zip(_NAMES, texts, strict=True) if text}
    words = {words_field(name): joined_words(text) for name, text in given.items()}
    characters = {characters_field(name): normalise(text) for name, text in given.items()}
    words[NAMES_WORDS] = " ".join(words.values())
    return words, characters
