import pytest

from simulators.market.wording import dice, read


def test_dice_depend_on_nothing_but_their_arguments() -> None:
    """The same parts give the same numbers, other parts others."""
    assert dice(1, "a", 2).random() == dice(1, "a", 2).random()
    assert dice(1, "a", 2).random() != dice(2, "a", 2).random()


@pytest.mark.parametrize("name", ["shops", "categories", "violations", "terms"])
def test_every_data_file_is_a_mapping(name: str) -> None:
    """The files of words can be read."""
    assert read(name)


def test_a_missing_file_is_an_error() -> None:
    """No silent empty market."""
    with pytest.raises(FileNotFoundError):
        read("nothing")
