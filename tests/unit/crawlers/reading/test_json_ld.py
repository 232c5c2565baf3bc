"""JSON-LD, forgiving."""

import json

from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.document import Document
from crawlers.reading.json_ld import as_text, blocks_of, follow, nodes_of
from crawlers.reading.parsing import parse


def _page(*scripts: str) -> Document:
    body = "".join(f"<script type='application/ld+json'>{script}</script>" for script in scripts)
    return parse(body.encode(), url="https://shop.example.test/")


def test_common_faults_are_mended() -> None:
    """Trailing commas, wrapping comments and raw line ends do not lose a block."""
    document = _page('{"a":1,}', '//<![CDATA[\n{"b":"x\ny"}\n//]]>', "not json", '<!--\n{"c":[1,2,]}\n-->')
    assert blocks_of(document) == [{"a": 1}, {"b": "x\ny"}, None, {"c": [1, 2]}]


def test_nodes_know_their_place_and_company() -> None:
    """Goods in lists and among related goods are foreign."""
    document = _page(
        json.dumps(
            {
                "@graph": [
                    {"@type": ["Product", "x"], "isRelatedTo": {"@type": "http://schema.org/Product"}},
                    {"@type": "ItemList", "itemListElement": [{"@type": "Product"}]},
                ]
            }
        )
    )
    found = [(node.pointer, "product" in node.types, node.foreign) for node in nodes_of(document)]
    assert ("/0/@graph/0", True, False) in found
    assert ("/0/@graph/0/isRelatedTo", True, True) in found
    assert ("/0/@graph/1/itemListElement/0", True, True) in found


def test_pointers() -> None:
    """Pointers follow keys and indexes, and nothing else."""
    assert follow({"a~/": [1]}, "/a~0~1/0") == 1
    assert follow([1], "/1") is None
    assert follow("x", "/a") is None
    assert follow({"a": 1}, "") == {"a": 1}
    assert (as_text("x"), as_text(1.5), as_text({"a": "茶"})) == ("x", "1.5", '{"a": "茶"}')


def test_bottomless_json_is_dropped() -> None:
    """Deep nesting is no error."""
    assert blocks_of(_page("[" * 50_000)) == [None]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["@type", "@graph", "offers", "a~/b"]), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_every_node_is_where_its_pointer_says(value: object) -> None:
    """Each node's pointer leads back to the node."""
    document = parse(b"", url="")
    document.memo["json-ld"] = [value]
    for node in nodes_of(document):
        assert follow([value], node.pointer) is node.value
