"""Certificates, against a real server with TLS on loopback."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from geo_ree.errors import FetchError
from geo_ree.fetching import Client
from geo_ree.settings import Settings

SETTINGS = Settings(connect_timeout_s=2, read_timeout_s=2)
NOW = datetime.now(UTC)

Serve = Callable[..., str]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Our own authority, which REQUESTS_CA_BUNDLE trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ours.pem"))
    return authority


@pytest.fixture
def serve(other_site) -> Serve:
    """Starts a publisher with a certificate for 127.0.0.1, or for what is named."""

    def start(issuer: trustme.CA, *names: str, until: datetime | None = None) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        life = {} if until is None else {"not_before": NOW - timedelta(days=9), "not_after": until}
        issuer.issue_cert(*(names or ("127.0.0.1",)), **life).configure_cert(context)
        site = other_site(context)
        site.files["/a"] = b"it"
        return f"{site.url}/a"

    return start


def refusal(url: str) -> str:
    with pytest.raises(FetchError) as caught:
        Client(SETTINGS, source_id="usgs_ree").get(url)
    text = str(caught.value)
    assert text.startswith(f"usgs_ree: {url}: ")
    assert "\n" not in text
    assert caught.value.hint
    return text


def test_a_certificate_of_a_trusted_authority_is_taken(authority, serve):
    assert Client(SETTINGS).get(serve(authority)) == b"it"


def test_an_expired_certificate_is_refused(authority, serve):
    text = refusal(serve(authority, until=NOW - timedelta(days=1)))
    assert "the server's certificate cannot be trusted (certificate has expired)" in text
    assert "check the clock of this computer; if it is right, only the publisher can" in text


def test_a_certificate_of_an_unknown_authority_is_refused(authority, serve):
    text = refusal(serve(trustme.CA()))
    assert "cannot be trusted (unable to get local issuer certificate)" in text
    assert "REQUESTS_CA_BUNDLE" in text


def test_a_self_signed_certificate_is_refused(serve, tmp_path, other_site, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(tmp_path / "self.pem"))
    issuer.private_key_pem.write_to_path(str(tmp_path / "self.pem"), append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "self.pem")
    text = refusal(f"{other_site(context).url}/a")
    assert "cannot be trusted (self-signed certificate)" in text
    assert "REQUESTS_CA_BUNDLE" in text


def test_a_certificate_of_another_host_is_refused(authority, serve):
    text = refusal(serve(authority, "example.org"))
    assert "certificate cannot be trusted (IP address mismatch" in text
    assert "check the address, and whether this network asks to sign in" in text


def test_a_server_that_speaks_no_tls_is_reported(authority, site):
    text = refusal(f"{site.url.replace('http', 'https')}/a")
    assert "no encrypted connection could be made (4 attempts)" in text


def test_a_bundle_that_is_not_there_is_reported(monkeypatch, tmp_path, serve, authority):
    url = serve(authority)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    assert refusal(url).endswith("gone.pem); correct REQUESTS_CA_BUNDLE")


def test_verification_cannot_be_switched_off(authority, serve, monkeypatch):
    url = serve(trustme.CA())
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PYTHONHTTPSVERIFY"):
        monkeypatch.setenv(name, "0" if name == "PYTHONHTTPSVERIFY" else "")
    assert "cannot be trusted" in refusal(url)


def test_a_redirect_leaves_tls_for_this_machine_only(authority, other_site):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    secure, plain = other_site(context), other_site()
    plain.files["/b"] = b"it"
    secure.plan("/a", 302, headers={"Location": f"{plain.url}/b"})
    assert Client(SETTINGS).get(f"{secure.url}/a") == b"it"
    secure.plan("/a", 302, headers={"Location": "http://example.org/b"})
    assert refusal_of_redirect(f"{secure.url}/a").endswith("give its https address")


def refusal_of_redirect(url: str) -> str:
    with pytest.raises(FetchError, match=r"^x: http://example.org/b is not requested") as caught:
        Client(SETTINGS, source_id="x").get(url)
    return str(caught.value)
