"""The case graph, with CASE's own validator as second judge."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from evidence.case_graph import case_graph
from tests.data.evidence.records import FILES, bare, full


def validate(folder: Path, *graphs: bytes) -> tuple[int, str]:
    """Exit status and words of ``case_validate``, offline with the ontology that comes with it."""
    names = [f"{number}.jsonld" for number in range(len(graphs))]
    for name, graph in zip(names, graphs, strict=True):
        (folder / name).write_bytes(graph)
    program = Path(sys.executable).with_name("case_validate")
    # SM3 is not in the ontology's list of digests, which is a remark and no fault.
    command = [str(program), "--built-version", "case-1.5.0", "--allow-info", *names]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def by_type(graph: bytes) -> dict[str, list[dict[str, object]]]:
    """Nodes by their type."""
    found: dict[str, list[dict[str, object]]] = {}
    for node in json.loads(graph)["@graph"]:
        found.setdefault(node["@type"], []).append(node)
    return found


def test_valid_by_the_ontology(tmp_path: Path) -> None:
    """A full and a bare one conform, without a warning: no invented names of classes or properties."""
    status, words = validate(tmp_path, case_graph(full()), case_graph(replace(bare(), evidence_id="ev-bare")))
    assert status == 0, words
    assert "Conforms: True" in words
    assert "NonExistentCDOConceptWarning" not in words


def test_the_judge_bites(tmp_path: Path) -> None:
    """Planted faults are found: a misspelt name and a wrong type."""
    text = case_graph(full()).decode()
    planted = text.replace("investigation:exhibitNumber", "investigation:exhibitNumbr")
    status, words = validate(tmp_path, planted.replace('"xsd:hexBinary"', '"xsd:string"').encode())
    assert status != 0
    assert "exhibitNumbr" in words
    assert "hashValue" in words


def test_content() -> None:
    """An empty graph is valid too, so what is in it is looked at."""
    nodes = by_type(case_graph(full()))
    files = nodes["observable:File"]
    assert len(files) == len(FILES)
    facets = files[0]["core:hasFacet"]
    assert isinstance(facets, list)
    methods = [digest["types:hashMethod"] for digest in facets[1]["observable:hash"]]
    assert methods == ["SHA256", "SM3"]
    assert [person["core:name"] for person in nodes["identity:Person"]] == ["样品甲", "样品乙"]
    assert len(nodes["identity:Organization"]) == 1
    capture, seal = nodes["investigation:InvestigativeAction"]
    assert seal["investigation:wasInformedBy"] == [{"@id": capture["@id"]}]
    assert nodes["investigation:ProvenanceRecord"][0]["investigation:exhibitNumber"] == "ev-20261125-0001"
    assert {tool["core:name"] for tool in nodes["tool:Tool"]} >= {"浏览器 Browser", "playwright"}
    assert len(nodes["observable:DigitalAccount"]) == 2
    assert len(nodes["location:Location"]) == 2
    assert "observable:IPv4Address" in nodes
    assert nodes["investigation:Authorization"][0]["investigation:authorizationIdentifier"] == [
        "样市监网取〔2026〕第 15 号"
    ]


def test_same_dossier_same_bytes_and_other_evidence_other_names() -> None:
    """Deterministic; names of two pieces of evidence never meet."""
    assert case_graph(full()) == case_graph(full())
    first = {node["@id"] for node in json.loads(case_graph(full()))["@graph"]}
    other = json.loads(case_graph(replace(full(), evidence_id="ev-other")))["@graph"]
    assert first.isdisjoint(node["@id"] for node in other)


def test_one_account_that_does_both_appears_once() -> None:
    """Whether that is allowed is not the graph's business."""
    dossier = full()
    both = replace(dossier.authority, sealed_by=dossier.authority.captured_by)
    assert len(by_type(case_graph(replace(dossier, authority=both)))["observable:DigitalAccount"]) == 1
