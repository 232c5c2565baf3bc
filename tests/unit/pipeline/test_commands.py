"""The words of the command line."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from evidence.authority import REASONS
from evidence.keys import USES
from pipeline.commands import KEY_USES, REVOCATION_REASONS, action_of, command_line, plain_words


def _leaves(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    inner = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    for action in inner:
        for sub in action.choices.values():
            yield from _leaves(sub)
    if not inner:
        yield parser


def test_every_command_names_a_function_that_is_there() -> None:
    """Its module is loaded when the command is given, not before; so only this test sees a wrong name early."""
    leaves = list(_leaves(command_line()))
    assert len(leaves) > 20
    for leaf in leaves:
        assert callable(action_of(Namespace(action=leaf.get_default("action")))), leaf.prog


def test_what_starts_processes_says_so() -> None:
    """These commands have a nursery; others need none."""
    for words, children in ((["run"], True), (["web"], True), (["worker"], False), (["audit"], False)):
        assert command_line().parse_args(words, Namespace()).children is children


def test_choices_are_those_of_the_rooms() -> None:
    """They are written down twice, so that nothing of the rooms is loaded for a help text."""
    assert KEY_USES == USES
    assert REVOCATION_REASONS == REASONS


def test_a_number_may_begin_with_a_hyphen() -> None:
    """Key numbers are base64url; one in 64 begins so, and the command for a lost key must not fail on that day."""
    for kid in ("-aB3_", "--x", "aB3_"):
        words = plain_words(["badge", "keys", "compromise", kid])
        assert command_line().parse_args(words).kid == kid
    for words in (
        ["badge", "keys", "compromise", "-h"],
        ["badge", "keys", "compromise", "--", "-a"],
        ["badge", "keys"],
    ):
        assert plain_words(words) == words
