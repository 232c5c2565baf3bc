"""Server-sent events."""

import json
from collections.abc import Iterator

import httpx

from api.live import Look, stream_steps, watch_changes
from kernel.models import Job
from tests.unit.api.conftest import House


def _events(response: httpx.Response) -> list[tuple[str, str]]:
    found = []
    for block in response.text.replace("\r\n", "\n").strip().split("\n\n"):
        lines = block.split("\n")
        kind = next((line[7:] for line in lines if line.startswith("event: ")), "")
        data = "\n".join(line[6:] for line in lines if line.startswith("data: "))
        if kind:
            found.append((kind, data))
    return found


def test_a_finished_job_says_so_and_ends_the_stream(shared_house: House) -> None:
    """The page's stream carries page pieces, the API's carries JSON."""
    browser = shared_house.browser("supervisor")
    job = shared_house.seeded.done_job
    response = browser.get(f"/jobs/{job}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    kinds = [kind for kind, _ in _events(response)]
    assert kinds == ["progress", "end"]
    assert "完成" in _events(response)[0][1]
    body = json.loads(_events(browser.get(f"/api/v1/jobs/{job}/events"))[-1][1])
    assert body["state"] == "done"


def test_each_change_is_told_once(house: House) -> None:
    """A job that moves on and ends is told in steps; standing still is silent."""
    looks = iter(["a", "a", "b", "b", "c"])

    def look() -> Look:
        data = next(looks)
        return Look(data, final=data == "c")

    async def collect() -> list[str]:
        response = watch_changes(look, event="progress", every=0.001)
        return [f"{event.event}:{event.data}" async for event in response.body_iterator]  # type: ignore[union-attr]

    assert house.runner.run(collect()) == ["progress:a", "progress:b", "progress:c", "end:c"]


def test_steps_are_sent_as_they_are_made(house: House) -> None:
    """The iterator runs only as far as the reader has read."""
    made: list[int] = []

    def generate() -> Iterator[tuple[str, str]]:
        for number in range(3):
            made.append(number)
            yield "step", str(number)

    async def collect() -> list[tuple[int, str]]:
        seen = []
        async for event in stream_steps(generate()).body_iterator:
            seen.append((len(made), str(event.data)))  # type: ignore[union-attr] # noqa: PERF401 - length at that moment
        return seen

    assert house.runner.run(collect()) == [(1, "0"), (2, "1"), (3, "2")]


def test_an_unknown_job_is_refused_before_the_stream(shared_house: House) -> None:
    """Not a stream that never says anything."""
    assert shared_house.browser("supervisor").get("/jobs/job-0/events").status_code == 404


def test_polling_is_the_fallback(house: House) -> None:
    """The same piece by plain requests, with a word on whether it is over."""
    browser = house.browser("supervisor")
    job = house.seeded.running_job
    assert browser.get(f"/jobs/{job}/progress").headers["x-live-state"] == "progress"
    with house.context.database.write() as session:
        session.get_one(Job, job).state = "failed"
    assert browser.get(f"/jobs/{job}/progress").headers["x-live-state"] == "end"
    assert browser.post(f"/jobs/{job}/stop").status_code == 409
