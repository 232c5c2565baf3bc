"""Matching very many names with very many, with several processes that share one index.

Processes are forked: the index is made once and read by all. Call it from a process without threads.
"""

import multiprocessing
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing.connection import Connection

from identity_verify.matching import Outcome, match
from identity_verify.name_index import LEARN_SAMPLE, NameEntry, NameIndex, learn, packed
from identity_verify.vocabulary import Vocabulary

Answer = tuple[Outcome, int | None, int]
"""What came of one name: outcome, subject when it is beyond doubt, score of the best candidate."""
_FORK = multiprocessing.get_context("fork")


def _bounds(total: int, parts: int) -> Iterator[tuple[int, int]]:
    size = -(-total // parts)
    for start in range(0, total, size):
        yield start, min(total, start + size)


def build_index(entries: Sequence[NameEntry], *, processes: int) -> NameIndex:
    """An index of many names, its parts made by several processes.

    Raises:
        EOFError: a process ended before it was done (killed, or out of memory).
    """
    words = learn(entry.name for entry in islice(entries, LEARN_SAMPLE))
    pipes = []
    for start, end in _bounds(len(entries), processes):
        mine, theirs = _FORK.Pipe(duplex=False)
        worker = _FORK.Process(target=_pack, args=(theirs, entries, words, start, end), daemon=True)
        worker.start()
        theirs.close()
        pipes.append((mine, worker))
    parts = []
    for mine, worker in pipes:
        part: array[int] = array("Q")
        part.frombytes(mine.recv_bytes())
        parts.append(part)
        worker.join()
    return NameIndex(entries, parts, words)


def _pack(pipe: Connection, entries: Sequence[NameEntry], words: Vocabulary, start: int, end: int) -> None:
    pipe.send_bytes(packed(entries[start:end], words, start=start).tobytes())
    pipe.close()


def match_all(index: NameIndex, names: Sequence[str], *, processes: int) -> list[Answer]:
    """The answer for each name, in their order.

    Raises:
        EOFError: a process ended before it was done.
    """
    pipes = []
    for start, end in _bounds(len(names), processes):
        mine, theirs = _FORK.Pipe(duplex=False)
        worker = _FORK.Process(target=_match, args=(theirs, index, names, start, end), daemon=True)
        worker.start()
        theirs.close()
        pipes.append((mine, worker))
    answers: list[Answer] = []
    for mine, worker in pipes:
        answers += mine.recv()
        worker.join()
    return answers


def _match(pipe: Connection, index: NameIndex, names: Sequence[str], start: int, end: int) -> None:
    pipe.send([_answer(index, name) for name in names[start:end]])
    pipe.close()


def _answer(index: NameIndex, name: str) -> Answer:
    result = match(name, index)
    return result.outcome, result.subject_id, result.candidates[0].score if result.candidates else 0
