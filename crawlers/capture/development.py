"""From what was seen to a whole folder: archive, tables, records, the node's signature."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawlers.capture import bundle
from crawlers.capture.completeness import PageView, judge, walls
from crawlers.capture.difference import View, texts_of
from crawlers.capture.environment import Environment, clock_reading
from crawlers.capture.exchange import Veil
from crawlers.capture.folder import on_disk, write_folder
from crawlers.capture.node_signature import load_signer, sign_list, signer_fact
from crawlers.capture.record import Shot, main_exchange, record_of, summary_of
from crawlers.capture.second_look import SecondLook
from crawlers.capture.tape import FILES, Tape, running_file, running_lines
from crawlers.capture.wacz import ReplayPage, write_wacz
from evidence.signer import Signer
from kernel.config import Settings
from kernel.crypto import canonical_json, digest_file, sha256_hex

WACZ = "data/capture.wacz"
SERVERS_CAP_S = 2.0

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Negative:
    """A shot before it is developed.

    Attributes:
        shot: all that was seen. tape: holds the archive. veil: hides secrets. second: the second look, started.
        readings: the environment, and what time servers say, both under way.
    """

    shot: Shot
    tape: Tape
    veil: Veil
    second: SecondLook
    readings: tuple["asyncio.Task[Facts]", "asyncio.Task[Facts]"]
    user_agent: str


class Darkroom:
    """Makes folders. Holds the node's key.

    Args:
        settings: name the node's key. environment: of this worker.
    """

    def __init__(self, settings: Settings, environment: Environment) -> None:
        self.environment = environment
        self._key_file = settings.node_key_file
        self._signer: Signer | None = None

    def prepare(self) -> None:
        """Read the node's key, before anything is captured in vain.

        Raises:
            CaptureError: ``node_key``: it cannot be used.
        """
        self._signer = self._signer or load_signer(self._key_file)

    async def develop(self, negative: Negative) -> Facts:
        """Write the folder of a capture; the result of the line protocol.

        Raises:
            CaptureError: ``disk``: it could not be written.

        Effects: the folder of the order.
        """
        clean = await negative.readings[0]
        try:
            servers = await asyncio.wait_for(asyncio.shield(negative.readings[1]), SERVERS_CAP_S)
        except TimeoutError:
            servers = {"state": "NOT_CHECKED", "reason": "the time servers did not answer in time", "samples": []}
        await negative.second.gather()
        clean["clock"] = clock_reading(negative.shot.clock, servers)
        return await asyncio.to_thread(on_disk, negative.shot.order.out, self._write, negative, clean)

    def _write(self, negative: Negative, clean: Facts) -> Facts:
        shot, tape = negative.shot, negative.tape
        main = main_exchange(shot.visit.main_chain())
        view = PageView(shot.order.url, shot.visit.final_url, main.status, shot.looks.html)
        completeness = judge(shot.seen.exchanges, shot.seen.records, walls(view), shot.visit.stops)
        chains = bundle.chain_table(shot.seen)
        record = record_of(shot, main, chains, completeness)
        record["software"] = {"name": self.environment.software(), "commit": self.environment.commit}
        record["user_agent"] = negative.user_agent
        first = View(
            main.status,
            shot.visit.final_url,
            shot.looks.title,
            texts_of(shot.looks.html),
            sha256_hex(main.body) if main.body is not None else "",
            next(iter(record_certificates(record)), ""),
            shot.seen.address(main.url),
        )
        second, record["second_look"] = negative.second.files(first, negative.veil)
        files = {
            **second,
            **bundle.certificate_files(shot.seen),
            "data/net/chains.json": canonical_json(chains),
            "data/net/dns.jsonl": bundle.json_lines(bundle.dns_lines(shot.seen)),
            "data/net/requests.jsonl": bundle.json_lines(bundle.request_lines(shot.seen, negative.veil)),
            "data/env/clean.json": canonical_json(clean),
        }
        page = shot.seen.page
        place = self.bind(tape.folder, tape.writer.cdxj(), page)
        files["meta/running.jsonl"] = running_file(place, running_lines(tape.folder))
        record["warc_chain"] = {
            "form": "sha256(previous || sha256(gzip member)), from 32 zero bytes",
            "records": tape.writer.count,
            "head": tape.writer.chain.hex(),
        }
        listed = self.finish(shot.order.out, tape.folder, files, (record, completeness), shot.span[1])
        return {
            **summary_of(record, completeness),
            "files": listed,
            "stages_ms": shot.looks.stages,
            "reused": False,
        }

    def bind(self, tape: Path, cdxj: bytes, page: ReplayPage) -> tuple[int, int]:
        """Make the WACZ among the tape's files. Returns: offset and size of the WARC in it."""
        target = tape / FILES / WACZ
        target.parent.mkdir(parents=True, exist_ok=True)
        return write_wacz(target, tape / "data.warc.gz", cdxj, page, self.environment.software())

    def finish(
        self, out: Path, tape: Path, files: Mapping[str, bytes], records: tuple[Facts, Facts], at: datetime
    ) -> list[dict[str, object]]:
        """Add the records and the node's signature, and write the folder.

        Args:
            out: folder to make. tape: its ``files/`` are taken over. files: further ones.
            records: of the capture and of its completeness. at: when it ended.

        Returns:
            path, bytes and SHA-256 of every file.
        """
        record, completeness = records
        record["node_signature"] = signer_fact(self._signer)
        made = {
            **files,
            "meta/completeness.json": canonical_json(completeness),
            "meta/capture.json": canonical_json(record),
        }
        kept = tape / FILES
        listed = {name: (len(data), sha256_hex(data)) for name, data in made.items()}
        for path in kept.rglob("*"):
            if path.is_file():
                name = path.relative_to(kept).as_posix()
                listed[name] = (path.stat().st_size, digest_file(path)["sha256"])
        signed = sign_list({name: digest for name, (_, digest) in listed.items()}, self._signer, at)
        listed |= {name: (len(data), sha256_hex(data)) for name, data in signed.items()}
        write_folder(out, {**made, **signed}, kept)
        return [{"path": name, "bytes": size, "sha256": digest} for name, (size, digest) in listed.items()]


def record_certificates(record: Mapping[str, object]) -> list[str]:
    """Fingerprints of the main document's chain in a record, leaf first."""
    main = record["main_document"]
    found = main.get("certificates") if isinstance(main, dict) else None
    return [str(item) for item in found] if isinstance(found, list) else []
