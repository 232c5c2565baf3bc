"""Redacted exports: nothing leaks, what is left stands in Python and in the shell, what is withheld can be proved."""

import hashlib
import io
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from evidence import manifest, redact, shell
from evidence.errors import RedactionError
from evidence.export import Aids, Exported
from evidence.package import open_package
from evidence.redact import Blur, Order
from evidence.redaction import parse
from evidence.seal import Sealed
from evidence.verdict import State
from tests.data.evidence.corpus_redacted import renew
from tests.data.evidence.forge import Bag
from tests.data.evidence.workshop import AT, Workshop

SCREEN = "data/screens/000-initial.png"


def _redact(workshop: Workshop, stored: Path, target: Path, order: Order) -> Exported:
    return redact.redact(stored, target, order, settings=workshop.settings, at=AT, aids=Aids(b"<p>verifier"))


def test_nothing_of_what_is_withheld_is_in_the_package(
    workshop: Workshop, sealed: Sealed, bag: Bag, tmp_path: Path
) -> None:
    """Neither bytes nor any digest of it, for the page, its archive and a screenshot; salts neither."""
    out = tmp_path / "out.zip"
    order = Order("甲 XX-0001", (("data/dom.*", "个人隐私"),), (Blur(SCREEN, (0, 0, 320, 140), "手机号"),))
    done = _redact(workshop, sealed.path, out, order)
    made = out.read_bytes()
    package = open_package(out)
    told = parse(package.read(manifest.REDACTIONS))
    gone = {one.name: one.reason for one in told.withheld}
    assert gone["data/screens/010-after-scroll.png"] == redact.SAME
    assert gone["data/dom.html"] == "个人隐私"
    assert gone[SCREEN] == "手机号"
    assert {"data/capture.wacz", manifest.SHA256, manifest.CASE, manifest.CAPTURE, manifest.NODE_LIST} <= gone.keys()
    salts = manifest.parse(bag.files[manifest.SALTS])
    for name in gone:
        data = bag.files[name]
        assert data not in made, name
        if name.startswith("data/"):
            for kind in ("md5", "sha1", "sha256", "sha512", "sm3"):
                digest = hashlib.new(kind, data, usedforsecurity=False)
                assert digest.hexdigest().encode() not in made, (name, kind)
                assert digest.digest() not in made, (name, kind)
            assert salts[name].encode() not in made, name
    assert {"W901", "N902"} <= {step.code for step in done.report.steps}
    assert manifest.REPORT not in done.packed.files
    assert told.derived[0].parent == SCREEN
    assert done.report.root_sha256 == sealed.root_sha256


def test_the_shell_says_the_same(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """Step by step, states and codes."""
    out, script = tmp_path / "out.zip", tmp_path / "verify.sh"
    done = _redact(workshop, sealed.path, out, Order("甲", (("data/page.pdf", "商业秘密"),)))
    script.write_bytes(shell.script())
    environment = {**os.environ, "AT": str(int(AT.timestamp()))}
    process = subprocess.run(
        ["/bin/sh", script, workshop.settings.trust_path(), out], capture_output=True, check=False, env=environment
    )
    said = re.findall(r"^ ?[0-9]+ ([a-z]\S*) ([A-Z_]+) ([A-Z0-9]+) ", process.stdout.decode(), re.MULTILINE)
    assert process.returncode == 3
    assert said == [(step.key, step.state.value, step.code) for step in done.report.steps]


def test_a_report_is_made_anew_where_its_facts_stay(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """It does not speak of what is withheld; a package of an earlier export gives up its viewer."""
    done = _redact(workshop, sealed.path, tmp_path / "out.zip", Order("甲", (("data/env/*", "内部环境"),)))
    steps = {step.key: step for step in done.report.steps}
    assert steps["report"].state is State.PASSED
    report = open_package(tmp_path / "out.zip").read(manifest.REPORT)
    assert report != open_package(sealed.path).read(manifest.REPORT)
    assert "data/capture.wacz" in done.packed.files


def test_what_is_withheld_can_be_proved_later(workshop: Workshop, sealed: Sealed, bag: Bag, tmp_path: Path) -> None:
    """With the file and its salt alone; another file or another salt does not fit."""
    _redact(workshop, sealed.path, tmp_path / "out.zip", Order("甲", (("data/dom.html", "个人隐私"),)))
    package, name, original = open_package(tmp_path / "out.zip"), "data/dom.html", tmp_path / "dom.html"
    original.write_bytes(bag.files[name])
    salt = redact.salt_in(open_package(sealed.path), name)
    assert redact.prove(package, name, original, salt).holds
    assert not redact.prove(package, name, original, bytes(32)).holds
    original.write_bytes(b"other")
    assert not redact.prove(package, name, original, salt).holds
    with pytest.raises(RedactionError, match="salt"):
        redact.salt_in(package, name)
    for wrong_name, wrong_salt in ((name, b"short"), ("data/none", salt)):
        with pytest.raises(RedactionError, match="expected a listed name"):
            redact.prove(package, wrong_name, original, wrong_salt)


def test_a_blurred_box_says_next_to_nothing() -> None:
    """Outside the box nothing changes; inside at most 16 colours are kept; metadata goes."""
    picture = Image.effect_noise((300, 200), 90).convert("RGB")
    sink = io.BytesIO()
    picture.save(sink, "PNG")
    with Image.open(io.BytesIO(redact.blurred(sink.getvalue(), [(100, 50, 40, 20)]))) as made:
        assert made.crop((0, 0, 100, 200)).tobytes() == picture.crop((0, 0, 100, 200)).tobytes()
        assert len(made.crop((100, 50, 140, 70)).getcolors(800) or []) == 1
        assert made.info == {}
    for box in ((290, 0, 20, 10), (0, 0, 0, 10)):
        with pytest.raises(RedactionError, match="part of"):
            redact.blurred(sink.getvalue(), [box])
    with pytest.raises(RedactionError, match="picture"):
        redact.blurred(b"no picture", [(0, 0, 1, 1)])


@pytest.mark.parametrize(
    "order",
    [
        Order("", (("data/dom.html", "x"),)),
        Order("甲"),
        Order("甲", (("data/none*", "x"),)),
        Order("甲", (("meta/custody.jsonl", "x"),)),
        Order("甲", (), (Blur("data/none.png", (0, 0, 1, 1), "x"),)),
    ],
)
def test_orders_that_are_refused(sealed: Sealed, order: Order) -> None:
    """Without officer, without effect, or about files that must stay."""
    with pytest.raises(RedactionError):
        redact.plan(open_package(sealed.path), order)


def test_a_file_that_repeats_a_digest_goes_too(bag: Bag, tmp_path: Path) -> None:
    """And one that must stay stops the redaction."""
    digest = hashlib.sha256(bag.files["data/page.pdf"]).hexdigest()
    path = tmp_path / "x.zip"
    path.write_bytes(bag.put({"data/note.txt": digest.upper().encode()}).zip())
    order = Order("甲", (("data/page.pdf", "x"),))
    assert redact.plan(open_package(path), order)["data/note.txt"] == redact.REPEATS_DIGEST
    path.write_bytes(bag.put({"meta/custody.jsonl": digest.encode()}).zip())
    with pytest.raises(RedactionError, match="which stays"):
        redact.plan(open_package(path), order)


def test_a_renewed_package_while_its_first_timestamps_hold(workshop: Workshop, bag: Bag, tmp_path: Path) -> None:
    """Its archive timestamps list digests of what is withheld and stay behind; later that would leave nothing."""
    stored = tmp_path / "renewed.zip"
    stored.write_bytes(renew(bag).zip())
    order = Order("甲", (("data/dom.html", "个人隐私"),))
    done = _redact(workshop, stored, tmp_path / "redacted.zip", order)
    assert not any(name.startswith("seal/renewals/") for name in done.packed.files)
    late = AT + timedelta(days=9 * 3650)
    with pytest.raises(RedactionError, match="in force") as refused:
        redact.redact(stored, tmp_path / "x", order, settings=workshop.settings, at=late, aids=Aids(b""))
    assert refused.value.hint


def test_forms_of_the_command_line() -> None:
    """As people write them."""
    assert redact.parse_withhold("data/*.html=个人=隐私 ") == ("data/*.html", "个人=隐私")
    assert redact.parse_blur(f"{SCREEN}=1,2,3,4:手机: 号") == Blur(SCREEN, (1, 2, 3, 4), "手机: 号")
    for text in ("data/x", "=x", "data/x= "):
        with pytest.raises(RedactionError, match="PATTERN"):
            redact.parse_withhold(text)
    with pytest.raises(RedactionError, match="x,y,w,h"):
        redact.parse_blur(f"{SCREEN}=1,2,3:x")
