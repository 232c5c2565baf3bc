"""Several processes give the answers that one gives."""

from itertools import pairwise

from identity_verify.bulk_match import build_index, match_all
from identity_verify.matching import match
from identity_verify.name_index import NameEntry, NameIndex
from identity_verify.vocabulary import shipped

SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def test_processes_change_no_answer() -> None:
    """In their order, whatever the number of processes; also more processes than names."""
    entries = [NameEntry(number, f"上海{a}{b}商贸有限公司") for number, (a, b) in enumerate(pairwise(SIGNS))]
    names = [f"上海{entry.name[2:4]}商贸" for entry in entries] + ["成都玄武玩具有限公司"]
    alone = NameIndex.of(entries, vocabulary=shipped())
    wanted = [match(name, alone) for name in names]
    for processes in (1, 2, 64):
        index = build_index(entries, processes=processes)
        answers = match_all(index, names, processes=processes)
        assert [(outcome, subject) for outcome, subject, _ in answers] == [
            (result.outcome, result.subject_id) for result in wanted
        ]
    assert answers[-1] == ("none", None, 0)
