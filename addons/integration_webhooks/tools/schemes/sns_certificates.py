"""The certificates with which Amazon SNS signs: where they may come from, and a cache of them.

The message itself names the address of its certificate, so that address is the attack: only the
provider's own hosts count, and the path has to be the one that SNS uses. Fetching is given to the
cache as a function; what strangers send must not turn into a flood of requests, so failures are
remembered for a while and new addresses are limited.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from odoo.addons.integration_core.tools.errors import IntegrationError

from ..signature import Reason, SignatureInvalid
from .certificates import Certificate, read_pem

#: Gets the PEM text of a checked https address; raises IntegrationError (as the core's HTTP client
#: does) or OSError if it cannot be had now.
FetchCertificate = Callable[[str], str]

MIN_RSA_BITS: Final = 2048
KEEP_SECONDS: Final = 24 * 3600
FAILURE_SECONDS: Final = 60
#: Addresses that are fetched in a minute, at most. The provider changes its certificates yearly.
FETCHES_PER_MINUTE: Final = 10
_SIZE: Final = 64

# Port, user, query and fragment do not match. China has a domain of its own.
_HOST: Final = r"https://sns\.(?P<region>[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2})\.amazonaws\.com"
_CERTIFICATE: Final = re.compile(
    _HOST + r"(?P<china>\.cn)?/SimpleNotificationService-[0-9a-f]{32}\.pem", re.ASCII
)
_CONFIRMATION: Final = re.compile(
    _HOST + r"(?P<china>\.cn)?/\?Action=ConfirmSubscription&[A-Za-z0-9&=:._%-]{1,2048}", re.ASCII
)


def check_certificate_url(url: str, region: str) -> None:
    """:raises SignatureInvalid: not an address of a certificate of SNS in this region."""
    _check(_CERTIFICATE, url, region)


def check_confirmation_url(url: str, region: str) -> None:
    """:raises SignatureInvalid: not an address that confirms a subscription in this region."""
    _check(_CONFIRMATION, url, region)


def _check(form: re.Pattern[str], url: str, region: str) -> None:
    match = form.fullmatch(url)
    if (
        match is None
        or match["region"] != region
        or bool(match["china"]) != region.startswith("cn-")
    ):
        raise SignatureInvalid(Reason.WRONG_KEY_ADDRESS)


class _Entry:
    """What is known of an address: a certificate, or that it could not be had."""

    __slots__ = ("certificate", "until")

    def __init__(self, until: float, certificate: Certificate | None) -> None:
        self.until = until
        self.certificate = certificate


class CertificateCache:
    """Certificates by address. Thread-safe.

    :param fetch: see :data:`FetchCertificate`. It is called without a lock held: two threads may
        fetch the same one at once, and neither waits for the other.
    """

    def __init__(self, fetch: FetchCertificate) -> None:
        self._fetch = fetch
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._fetched: list[float] = []
        self._lock = Lock()

    def public_key(self, url: str, now: float) -> RSAPublicKey:
        """The key of the certificate at a checked address.

        :raises SignatureInvalid: it cannot be had now (which is temporary), or is not valid.
        """
        with self._lock:
            entry = self._entries.get(url)
            known = entry is not None and entry.until > now
            if not known:
                self._admit(now)
        if entry is None or not known:
            entry = self._remember(url, now, self._load(url))
        if entry.certificate is None:
            raise SignatureInvalid(Reason.KEY_UNAVAILABLE)
        return _key_of(entry.certificate, now)

    def _admit(self, now: float) -> None:
        self._fetched = [moment for moment in self._fetched if moment > now - 60]
        if len(self._fetched) >= FETCHES_PER_MINUTE:
            raise SignatureInvalid(Reason.KEY_UNAVAILABLE)
        self._fetched.append(now)

    def _load(self, url: str) -> Certificate | None:
        try:
            return read_pem(self._fetch(url))
        except (IntegrationError, OSError):
            return None

    def _remember(self, url: str, now: float, certificate: Certificate | None) -> _Entry:
        keep = KEEP_SECONDS if certificate is not None else FAILURE_SECONDS
        entry = _Entry(now + keep, certificate)
        with self._lock:
            self._entries[url] = entry
            self._entries.move_to_end(url)
            while len(self._entries) > _SIZE:
                self._entries.popitem(last=False)
        return entry


def _key_of(certificate: Certificate, now: float) -> RSAPublicKey:
    key = certificate.key
    usable = isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS
    if not usable or not certificate.is_valid_at(now):
        raise SignatureInvalid(Reason.BAD_CERTIFICATE)
    return key
