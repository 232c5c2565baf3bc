"""Tokens: the corpus through three readers of three authors, and any bent character."""

import json
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from identity_verify import badge_token, status_list
from identity_verify.badge_keys import keys_in
from identity_verify.errors import BadgeTokenError
from kernel.identifiers import check_uscc
from tests.data.badges.token_corpus import ISSUER, Corpus, Sample, build, claims

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
CORPUS = build()


class Policy(NamedTuple):
    """What every reader must ask of a payload whose signature is right."""

    payload: dict[str, Any]
    header: dict[str, Any]

    def holds(self, at: float) -> bool:
        """As our documentation tells other authors to check."""
        body = self.payload
        wanted = {"iss", "iat", "exp", "vct", "sub", "jti", "name", "sites", "status"}
        if set(self.header) != {"alg", "typ", "kid"} or self.header["typ"] != "dc+sd-jwt" or set(body) != wanted:
            return False
        place = body["status"].get("status_list", {}) if isinstance(body["status"], dict) else {}
        whole = all(type(value) is int and 0 <= value < 253_402_300_800 for value in (body["iat"], body["exp"]))
        return (
            whole
            and body["iat"] <= at + 60
            and body["exp"] > at
            and (body["iss"], body["vct"]) == (ISSUER.origin, ISSUER.vct)
            and isinstance(body["sites"], list)
            and 0 < len(body["sites"]) <= 50
            and check_uscc(body["sub"]).ok
            and len(body["jti"]) == 12
            and body["jti"] != "123456789012"
            and type(place.get("idx")) is int
            and place["idx"] >= 0
        )


def _jwk(kid: str) -> dict[str, Any]:
    keys: Any = CORPUS.key_set["keys"]
    return next(key for key in keys if key["kid"] == kid)


def _by_pyjwt(token: str) -> bool:
    text, tilde, rest = token.partition("~")
    if not tilde or rest:
        return False
    try:
        header = jwt.get_unverified_header(text)
        key = jwt.PyJWK(_jwk(header["kid"]), "ES256")
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_sub": False, "verify_jti": False}
        payload = jwt.decode(text, key, algorithms=["ES256"], options=options)
    except (jwt.PyJWTError, KeyError, StopIteration, ValueError, TypeError):
        return False
    return Policy(payload, header).holds(CORPUS.at.timestamp())


def _by_sd_jwt(token: str) -> bool:
    if not token.endswith("~") or token.count("~") != 1:
        return False
    try:
        header = jwt.get_unverified_header(token[:-1])
        if header["alg"] != "ES256":
            return False
        reader = SDJWTVerifier(token, lambda _issuer, fields: JWK.from_json(json.dumps(_jwk(fields["kid"]))))
        payload = reader._sd_jwt_payload  # with digests, which a badge must not have: it hides nothing
    except Exception:  # noqa: BLE001 - that library raises what its parts raise
        return False
    return Policy(payload, header).holds(CORPUS.at.timestamp())


def _by_us(token: str) -> str:
    try:
        badge_token.read(token, keys_in(CORPUS.key_set), issuer=ISSUER.origin, vct=ISSUER.vct, at=CORPUS.at)
    except BadgeTokenError as error:
        return error.reason
    return ""


@pytest.mark.parametrize("sample", CORPUS.samples, ids=lambda sample: sample.name)
def test_each_sample_is_refused_for_its_reason(sample: Sample) -> None:
    """Good ones are accepted; each bad one is refused, and says what is wrong with it."""
    assert _by_us(sample.token) == sample.reason


@pytest.mark.parametrize("reader", [_by_pyjwt, _by_sd_jwt], ids=["PyJWT", "sd-jwt on jwcrypto"])
@pytest.mark.parametrize("sample", CORPUS.samples, ids=lambda sample: sample.name)
def test_readers_of_other_authors_agree(sample: Sample, reader: Callable[[str], bool]) -> None:
    """What we accept they accept, what we refuse they refuse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short HMAC keys and the like, on purpose
        assert reader(sample.token) is not bool(sample.reason)


def test_the_corpus_is_large_and_has_every_reason() -> None:
    """Each word that a reader can say is said by some sample."""
    reasons = {sample.reason for sample in CORPUS.samples}
    known = "form disclosures algorithm type key signature claims issuer vct early expired".split()
    assert reasons == {"", *known}
    assert len(CORPUS.samples) >= 60
    assert len({sample.name for sample in CORPUS.samples}) == len(CORPUS.samples)


def test_status_of_the_corpus_by_another_reader() -> None:
    """PyJWT opens our list, and the places read by hand are those that we read."""
    header = jwt.get_unverified_header(CORPUS.status_list)
    options: Any = {"verify_exp": False, "verify_iat": False}
    payload = jwt.decode(
        CORPUS.status_list, jwt.PyJWK(_jwk(header["kid"]), "ES256"), algorithms=["ES256"], options=options
    )
    assert (header["typ"], payload["status_list"]["bits"]) == ("statuslist+jwt", 2)
    array = status_list.decode(payload["status_list"]["lst"])
    by_hand = {place: array[place // 4] >> place % 4 * 2 & 3 for place in range(1_000)}
    assert {place: value for place, value in by_hand.items() if value} == {CORPUS.revoked: 1, CORPUS.suspended: 2}


@settings(max_examples=300)
@given(st.data())
def test_any_other_character_breaks_a_token(data: st.DataObject) -> None:
    """One character changed, dropped or added anywhere: refused."""
    token = CORPUS.samples[0].token
    place = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.sampled_from(ALPHABET))
    bent = data.draw(
        st.sampled_from(
            [
                token[:place] + char + token[place + 1 :],
                token[:place] + token[place + 1 :],
                token[:place] + char + token[place:],
            ]
        )
    )
    assert (bent == token) == (_by_us(bent) == "")


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever comes is refused with a reason."""
    assert _by_us(text)


def test_a_token_says_what_was_signed() -> None:
    """All claims come back, in a small text."""
    key = ECKey.generate_key("P-256")
    told = claims()
    token = badge_token.sign(told, kid="k", key=key)
    read = badge_token.read(token, {"k": key}, issuer=ISSUER.origin, vct=ISSUER.vct, at=CORPUS.at)
    assert read == told._replace(kid="k")
    assert len(token) < 800


def test_corpora_have_keys_of_their_own() -> None:
    """A token of one issuer is nothing to another."""
    other: Corpus = build()
    keys = keys_in(other.key_set)
    with pytest.raises(BadgeTokenError):
        badge_token.read(CORPUS.samples[0].token, keys, issuer=ISSUER.origin, vct=ISSUER.vct, at=CORPUS.at)
