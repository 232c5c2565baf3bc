"""The case graph: the capture as CASE/UCO JSON-LD, for tools of forensic laboratories.

Names are deterministic (uuid5 over the evidence id), the text is canonical: same dossier, same bytes.
A person's name and certificate number appear only as the authorisation gives them.

Spec: CASE 1.5 (InvestigativeAction, ProvenanceRecord, Authorization) and UCO 1.5 ontologies; RFC 4122 section 4.3.
"""

import uuid
from urllib.parse import urlsplit

from evidence.dossier import Dossier, Officer, SealedFile
from kernel.clock import as_utc, iso, parse_iso
from kernel.crypto import canonical_json
from kernel.errors import ClockError

# Of this software: names of other makers never meet ours.
SPACE = uuid.UUID("6d0c8b0e-5a3f-5d0b-9c3e-2a1f7e0d4c58")
CASE, UCO = "https://ontology.caseontology.org/case/", "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT = {
    "kb": "urn:wangjian:kb:",
    "investigation": f"{CASE}investigation/",
    "action": f"{UCO}action/",
    "core": f"{UCO}core/",
    "identity": f"{UCO}identity/",
    "location": f"{UCO}location/",
    "observable": f"{UCO}observable/",
    "tool": f"{UCO}tool/",
    "types": f"{UCO}types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Node = dict[str, object]


def case_graph(dossier: Dossier) -> bytes:
    """The content of ``meta/case.jsonld``: canonical JSON with a line feed.

    Args:
        dossier: digests in it are hex, times aware UTC.
    """
    return canonical_json({"@context": CONTEXT, "@graph": _Graph(dossier).nodes()}) + b"\n"


def _literal(kind: str, value: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": value}


def _time(at: str) -> Node | None:
    """A time of the record; nothing where it is none: the graph never guesses."""
    try:
        return _literal("dateTime", iso(as_utc(parse_iso(at))))
    except ClockError:
        return None


class _Graph:
    """Nodes of one dossier, each under its own deterministic name."""

    def __init__(self, dossier: Dossier) -> None:
        self._told = dossier
        self._nodes: list[Node] = []

    def _id(self, kind: str, key: str) -> str:
        return f"kb:{kind}-{uuid.uuid5(SPACE, f'{self._told.evidence_id} {kind} {key}')}"

    def _inner(self, kind: str, key: str, values: Node) -> Node:
        """A node that stands within another: facets and digests."""
        told = {name: value for name, value in values.items() if value not in (None, "", [])}
        return {"@id": self._id(kind.partition(":")[2], key), "@type": kind, **told}

    def _add(self, kind: str, key: str, values: Node) -> Node:
        node = self._inner(kind, key, values)
        self._nodes.append(node)
        return {"@id": node["@id"]}

    def nodes(self) -> list[Node]:
        """The graph."""
        told = self._told
        officers, unit = self._people()
        authorisation = self._authorisation()
        originals = [self._file(file) for file in told.files]
        url, connection = self._page()
        tools = [
            self._add("tool:Tool", name, {"core:name": name, "tool:version": version}) for name, version in told.tools
        ]
        node = self._add(
            "location:Location", "node", {"core:name": "采集节点 capture node", "core:description": self._node()}
        )
        store = self._add("location:Location", "store", {"core:name": "证据库 evidence store"})
        record = self._add(
            "investigation:ProvenanceRecord",
            "record",
            {
                "core:description": "一次网页采集的全部原件 all originals of one capture of a page",
                "core:objectCreatedTime": _time(iso(told.ended_at)),
                "core:object": [url, *originals],
                "investigation:exhibitNumber": told.evidence_id,
            },
        )
        capture = self._add(
            "investigation:InvestigativeAction",
            "capture",
            {
                "core:name": "采集 capture",
                "core:description": told.purpose,
                "action:startTime": _time(iso(told.started_at)),
                "action:endTime": _time(iso(told.ended_at)),
                "action:performer": self._account(told.authority.captured_by),
                "action:participant": officers,
                "action:instrument": tools,
                "action:location": [node],
                "action:object": [url, *connection],
                "action:result": [*originals, record],
            },
        )
        seal = self._add(
            "investigation:InvestigativeAction",
            "seal",
            {
                "core:name": "封存 seal",
                "action:startTime": _time(iso(told.sealed_at)),
                "action:performer": self._account(told.authority.sealed_by),
                "action:participant": officers,
                "action:instrument": tools[:1],
                "action:location": [store],
                "action:object": [record],
                "investigation:wasInformedBy": [capture],
            },
        )
        self._add(
            "investigation:Investigation",
            "case",
            {
                "core:name": told.authority.case_number or told.evidence_id,
                "core:description": told.purpose,
                "core:object": [capture, seal, record, *unit],
                "investigation:relevantAuthorization": authorisation,
            },
        )
        return self._nodes

    def _node(self) -> str:
        return "; ".join(f"{label}: {value}" for label, value in self._told.environment)

    def _account(self, name: str) -> Node | None:
        if not name:
            return None
        facet = self._inner("observable:AccountFacet", name, {"observable:accountIdentifier": name})
        return (
            {"@id": self._id("DigitalAccount", name)}
            if self._known("DigitalAccount", name)
            else self._add("observable:DigitalAccount", name, {"core:name": name, "core:hasFacet": [facet]})
        )

    def _known(self, kind: str, key: str) -> bool:
        return any(node["@id"] == self._id(kind, key) for node in self._nodes)

    def _people(self) -> tuple[list[Node], list[Node]]:
        """The officers, and the units they belong to."""
        people: list[Node] = []
        units: dict[str, Node] = {}
        for number, officer in enumerate(self._told.authority.officers):
            person = self._person(number, officer)
            people.append(person)
            if officer.unit:
                if officer.unit not in units:
                    units[officer.unit] = self._add("identity:Organization", officer.unit, {"core:name": officer.unit})
                self._add(
                    "core:Relationship",
                    f"member {number}",
                    {
                        "core:source": person,
                        "core:target": units[officer.unit],
                        "core:kindOfRelationship": "Member_Of",
                        "core:isDirectional": _literal("boolean", "true"),
                    },
                )
        return people, list(units.values())

    def _person(self, number: int, officer: Officer) -> Node:
        reference = self._inner(
            "core:ExternalReference",
            f"certificate {number}",
            {"core:definingContext": "执法证号", "core:externalIdentifier": officer.certificate_number},
        )
        values: Node = {"core:name": officer.name}
        if officer.certificate_number:
            values["core:externalReference"] = [reference]
        return self._add("identity:Person", f"{number} {officer.name}", values)

    def _authorisation(self) -> list[Node]:
        authority = self._told.authority
        if not authority.case():
            return []
        values: Node = {
            "core:description": authority.basis,
            "core:name": authority.issued_by,
            "investigation:authorizationIdentifier": [authority.number],
            "investigation:authorizationType": authority.kind,
            "core:startTime": _time(authority.valid_from),
            "core:endTime": _time(authority.valid_to),
        }
        return [self._add("investigation:Authorization", authority.number, values)]

    def _page(self) -> tuple[Node, list[Node]]:
        """The address that was asked, and the connection that answered."""
        told = self._told
        facet: Node = {"observable:fullValue": told.url, "observable:scheme": urlsplit(told.url).scheme}
        url = self._add(
            "observable:URL",
            told.url,
            {"core:name": told.title, "core:hasFacet": [self._inner("observable:URLFacet", told.url, facet)]},
        )
        if not told.address:
            return url, []
        address, _, port = told.address.rpartition(":")
        address = address.strip("[]")
        kind = "IPv6Address" if ":" in address else "IPv4Address"
        value = self._inner(f"observable:{kind}Facet", address, {"observable:addressValue": address})
        remote = self._add(f"observable:{kind}", address, {"core:hasFacet": [value]})
        line = self._inner(
            "observable:NetworkConnectionFacet",
            "main",
            {"observable:dst": [remote], "observable:destinationPort": _literal("integer", port)},
        )
        facts = "; ".join(f"{label}: {words}" for label, words in told.network)
        connection = self._add(
            "observable:NetworkConnection", "main", {"core:description": facts, "core:hasFacet": [line]}
        )
        return url, [connection]

    def _file(self, file: SealedFile) -> Node:
        digests = [
            self._inner(
                "types:Hash",
                f"{file.name} {method}",
                {"types:hashMethod": method, "types:hashValue": _literal("hexBinary", digest.upper())},
            )
            for method, digest in (("SHA256", file.sha256), ("SM3", file.sm3))
            if digest
        ]
        size = _literal("integer", str(file.size))
        name = file.name.rpartition("/")[2]
        facets = [
            self._inner(
                "observable:FileFacet",
                file.name,
                {"observable:fileName": name, "observable:filePath": file.name, "observable:sizeInBytes": size},
            ),
            self._inner(
                "observable:ContentDataFacet",
                file.name,
                {"observable:hash": digests, "observable:mimeType": file.kind()[1], "observable:sizeInBytes": size},
            ),
        ]
        return self._add("observable:File", file.name, {"core:hasFacet": facets, "core:description": file.source()})
