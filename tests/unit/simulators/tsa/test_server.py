"""The timestamp simulator over HTTP, in this process."""

import http.client

import pytest

from tests.data.evidence.forge import request_for
from tests.data.evidence.workshop import open_workshop


@pytest.mark.parametrize(("fault", "status"), [("", 200), ("500", 500)])
def test_answers(tmp_path_factory: pytest.TempPathFactory, fault: str, status: int) -> None:
    """A request is counted and answered; a fault shows as asked."""
    with open_workshop(tmp_path_factory.mktemp("w")) as shop:
        server = shop.servers["alpha"]
        server.fault = fault
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
        connection.request("POST", "/tsa", request_for(b"x"))
        answer = connection.getresponse()
        assert answer.status == status
        answer.read()
        connection.close()
        assert server.asked == 1
        assert server.url().startswith("http://127.0.0.1:")


def test_its_revocation_list(tmp_path_factory: pytest.TempPathFactory) -> None:
    """At one address, and nothing else is served."""
    with open_workshop(tmp_path_factory.mktemp("w")) as shop:
        connection = http.client.HTTPConnection("127.0.0.1", shop.servers["alpha"].server_address[1], timeout=60)
        for path, status, body in (("/crl", 200, shop.authorities["alpha"].crl), ("/", 404, b"")):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (status, body)
        connection.close()
