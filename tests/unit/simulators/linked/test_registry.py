from kernel.identifiers import check_registration_number, check_uscc
from simulators.linked.registry import code_of, entries
from simulators.market.merchants import shops
from simulators.market.model import Ports
from simulators.market.wording import read


def test_every_registered_merchant_is_there_once() -> None:
    """Under its right code, whatever its shop shows; others that run no shop follow."""
    found = dict(entries(Ports(), extra=100))
    unknown = read("registry")["unknown"]
    assert unknown
    registered = [shop for shop in shops() if shop.merchant.kind != "person" and shop.slug not in unknown]
    assert len(found) == len(registered) + len(read("registry")["dead"]) + 100
    codes = [str(fields["UniSCID"]) for fields in found.values()]
    assert len(set(codes)) == len(codes)
    assert all(check_uscc(code).ok for code in codes)
    assert all(check_registration_number(str(fields["RegNO"])).ok for fields in found.values())
    shown = {
        shop.merchant.code for shop in registered if not shop.merchant.code_reason and len(shop.merchant.code) == 18
    }
    assert shown <= set(codes)
    assert not {shop.merchant.code for shop in shops() if shop.slug in unknown} & set(codes)


def test_the_right_code_of_a_shop_that_shows_a_wrong_one() -> None:
    """Is the one of its registration."""
    raw = {one["slug"]: one["merchant"] for one in read("shops")["shops"]}
    assert check_uscc(code_of(raw["shangpin"])).ok
