"""The surroundings of a subject as a drawing: the subject in the middle, things it is tied to around it.

No script and no style; the list beside it says the same in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from markupsafe import Markup

from api.queries.subjects import SubjectDetail
from api.ui.catalogue import Language, word
from api.ui.rendering import named

WIDTH, HEIGHT = 720, 420
REACH_X, REACH_Y = 265, 165
MOST = 14
FIRST = {"shop": 0, "live-room": 1}
"""Where it sells; who is behind it comes after."""
LABEL = 22
"""Width of a label; a Chinese character counts two."""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing around the subject: its kind (a class for its colour), two lines of text, where it leads."""

    kind: str
    title: str
    label: str
    href: str = ""
    proposed: bool = False


def _short(label: str, limit: int = LABEL) -> str:
    taken, width = "", 0
    for letter in label:
        width += 1 if letter.isascii() else 2
        if width > limit:
            return f"{taken}…"
        taken += letter
    return label


def nodes_of(detail: SubjectDetail, language: Language) -> tuple[Node, ...]:
    """Shops first, then live rooms, then what else there is, each kind in its order."""
    shops = {str(row.shop.id): row.shop for row in detail.shops}
    nodes = []
    for link in sorted(detail.links, key=lambda link: FIRST.get(link.kind, len(FIRST))):
        shop = shops.get(link.key) if link.kind == "shop" else None
        label = (shop.name or shop.host) if shop else named(language, link.kind, link.key)
        href = f"/shops/{shop.id}" if shop else ""
        title = f"{word(language, 'link_kind', link.kind)} · {word(language, 'relation', link.relation)}"
        nodes.append(Node(link.kind, title, label, href, link.state == "proposed"))
    return tuple(nodes)


def draw(nodes: Sequence[Node], middle: str, *, label: str) -> Markup:
    """The drawing, at most ``MOST`` things; nothing when there is none."""
    if not nodes:
        return Markup("")
    shown = nodes[:MOST]
    parts = [
        Markup('<svg class="graph" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">')
        .format(WIDTH, HEIGHT, label)
    ]  # fmt: skip
    places = []
    for number, node in enumerate(shown):
        angle = 2 * pi * number / len(shown) - pi / 2
        places.append((WIDTH / 2 + REACH_X * cos(angle), HEIGHT / 2 + REACH_Y * sin(angle), node))
    parts += [
        Markup('<line class="edge{}" x1="{:.0f}" y1="{:.0f}" x2="{:.0f}" y2="{:.0f}"/>').format(
            " proposed" if node.proposed else "", WIDTH / 2, HEIGHT / 2, x, y
        )
        for x, y, node in places
    ]
    parts += [_node(x, y, node) for x, y, node in places]
    parts.append(_node(WIDTH / 2, HEIGHT / 2, Node("subject", "", middle)))
    return Markup("").join([*parts, Markup("</svg>")])


def _node(x: float, y: float, node: Node) -> Markup:
    half = 110 if node.kind == "subject" else 78
    box = Markup(
        '<g class="node {}"><title>{}</title><rect x="{:.0f}" y="{:.0f}" width="{}" height="40" rx="6"/>'
        '<text x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text>'
        '<text class="kind" x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text></g>'
    ).format(
        node.kind, f"{node.title} {node.label}".strip(), x - half, y - 20, 2 * half,
        x, y - 2 if node.title else y + 4, _short(node.label, 32 if node.kind == "subject" else LABEL),
        x, y + 13, node.title,
    )  # fmt: skip
    return Markup('<a href="{}">{}</a>').format(node.href, box) if node.href else box


def graph_of(detail: SubjectDetail, language: Language, *, label: str) -> Markup:
    """The drawing of one subject; ``label`` is what a screen reader says."""
    middle = detail.subject.name or detail.subject.code or detail.subject.registration_number
    return draw(nodes_of(detail, language), middle, label=label)
