"""What people read about schemes and their options. English, marked for translation; whoever shows
a text translates it.
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, Final, get_type_hints

from .options import Options, OptionsInvalid


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


#: Names of the schemes by their codes.
SCHEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "standard_webhooks": _("Standard Webhooks, Svix"),
        "hmac": _("Signature with a shared secret (generic HMAC)"),
        "jwt": _("JSON Web Token"),
        "http_signature": _("HTTP Message Signatures (RFC 9421)"),
        "client_certificate": _("Client certificate, checked by a reverse proxy (mutual TLS)"),
        "bearer": _("Bearer token"),
        "basic": _("Login and password"),
        "api_key": _("Key in a header"),
        "stripe": _("Stripe"),
        "github": _("GitHub, Gitea, Forgejo, Bitbucket"),
        "shopify": _("Shopify"),
        "slack": _("Slack"),
        "zoom": _("Zoom"),
        "twilio": _("Twilio"),
        "aws_sns": _("Amazon SNS"),
    }
)
#: Label and explanation of each option.
OPTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "signature_header": (_("Header with the signature"), ""),
        "timestamp_header": (_("Header with the time"), ""),
        "timestamp_format": (_("How the time is written"), ""),
        "algorithm": (_("Algorithm"), ""),
        "algorithms": (_("Algorithms that are accepted"), ""),
        "encoding": (_("How the signature is written"), ""),
        "prefix": (_("What stands before it"), ""),
        "template": (
            _("What is signed"),
            _("Text with {id}, {ts}, {method}, {url} and {body}, such as “{ts}.{body}”."),
        ),
        "header": (_("Header"), ""),
        "issuers": (_("Issuers that are accepted"), _("Values of the claim “iss”.")),
        "audiences": (_("Audiences that are accepted"), _("Values of the claim “aud”.")),
        "id_claim": (
            _("Claim with the id"),
            _("Leave it empty where one token serves several messages."),
        ),
        "body_hash_claim": (
            _("Claim with the digest of the body"),
            _("Without it a token proves who sends, not what."),
        ),
        "body_hash_encoding": (_("How the digest is written"), ""),
        "topics": (_("Topics that are accepted"), _("Separated by commas.")),
        "origins": (
            _("Who may ask"),
            _("Names as the senders call themselves, such as eventgrid.azure.net."),
        ),
        "rate": (_("Requests a minute that are promised"), _("0: no limit.")),
        "trusted_networks": (
            _("Networks of the proxies"),
            _(
                "Only what these say about a certificate counts. Usual: trusted_proxies of the "
                "server."
            ),
        ),
        "ClientCertificateOptions.form": (_("What the proxy tells"), ""),
        "ClientCertificateOptions.header": (
            _("Header in which it tells it"),
            _("Empty: the one that usually holds it."),
        ),
        "verify_header": (
            _("Header that says it was verified"),
            _("Empty if the proxy passes on requests with a verified certificate only."),
        ),
        "verify_value": (_("What it says then"), ""),
        "separator": (
            _("Between several signatures"),
            _("A comma, a semicolon or a blank; empty if there is one signature."),
        ),
        "secret_encoding": (_("How the secret is written"), ""),
        "required": (
            _("What has to be signed at least"),
            _("Components such as @method, and headers in lower case."),
        ),
        "label": (_("Label of the signature"), _("Empty: any.")),
        "tag": (_("Tag of the signature"), _("Empty: any.")),
        "key_id": (_("Id of the key"), _("Empty: any.")),
        "namespaces": (_("Keep namespaces"), _("Names become {namespace}name.")),
        "lists": (
            _("Elements that are lists"),
            _("Also when there is one only, so that a mapping always finds a list."),
        ),
        "delimiter": (_("Between values"), _("A comma, a semicolon, a bar, or “tab”.")),
        "quote": (_("Around values that hold a delimiter"), ""),
        "CsvOptions.header": (_("The first row names the columns"), ""),
        "columns": (
            _("Columns"),
            _("Their names, where no row has them; with a header, those that must be there."),
        ),
        "CsvOptions.encoding": (_("Encoding"), _("Empty: as the content type says, or UTF-8.")),
        "member": (
            _("Member with the array"),
            _("Empty: the body itself is the array."),
        ),
        "max_items": (_("Most items of a request"), _("A request with more is refused.")),
        "BatchOptions.id_path": (
            _("Path to the id of an item"),
            _("JMESPath within the item. Empty: the id of the request and the item's position."),
        ),
        "BatchOptions.type_path": (
            _("Path to the kind of an item"),
            _("JMESPath within the item."),
        ),
        "count_path": (
            _("Path to the number of items"),
            _(
                "JMESPath in the body, where it says how many items it has. A batch with fewer is "
                "told as one with items missing."
            ),
        ),
        "signature_versions": (_("Versions of the signature that are accepted"), ""),
        # What most schemes have stands behind what makes each of them.
        "max_age": (
            _("Maximum age (s)"),
            _(
                "A request that was signed longer ago is refused. Longer than the partner's "
                "retries take, if it does not sign each of them anew."
            ),
        ),
        "max_skew": (
            _("Clock tolerance (s)"),
            _("By how much the partner's clock may be ahead of ours."),
        ),
        "id_header": (
            _("Header with the id"),
            _(
                "Names the message, the same on every retry. Without an id, messages of equal "
                "content count as one."
            ),
        ),
        "id_path": (
            _("Path to the id"),
            _("JMESPath in a JSON body, where the header does not say it."),
        ),
        "type_header": (_("Header with the kind of message"), ""),
        "type_path": (
            _("Path to the kind of message"),
            _("JMESPath in a JSON body, where the header does not say it."),
        ),
    }
)
#: What is set elsewhere: by a field of its own, or by us.
ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"BatchOptions": ("form",), "HubOptions": ("verify_tokens",)}
)
#: What may be chosen, where that is little.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "algorithm": ("sha256", "sha384", "sha512", "sha1"),
        "encoding": ("hex", "base64", "base64url"),
        "secret_encoding": ("text", "base64", "hex"),
        "timestamp_format": ("unix", "unix_ms", "rfc3339"),
        "body_hash_encoding": ("hex", "base64", "base64url"),
        "ClientCertificateOptions.form": ("certificate", "xfcc", "fingerprint", "subject"),
        "delimiter": (",", ";", "|", "tab"),
        "quote": ('"', "'"),
        "CsvOptions.encoding": (),
        "HttpSignatureOptions.secret_encoding": ("text", "base64"),
    }
)
_KINDS: Final[Mapping[Any, str]] = MappingProxyType(
    {str: "text", bool: "boolean", float: "number", tuple[str, ...]: "list"}
)


def form(options: type[Options], translate: Callable[[str], str]) -> list[dict[str, Any]]:
    """What a form shows of the options of a scheme, in the order of :data:`OPTIONS`."""
    types = get_type_hints(options)
    shown = [
        {
            "name": field.name,
            "label": translate(label),
            "help": translate(text) if text else "",
            "kind": _KINDS[types[field.name]],
            "default": _default(field),
            "choices": list(_choices(options, field.name)),
        }
        for field in fields(options)
        if field.name not in ELSEWHERE.get(options.__name__, ())
        for label, text in [_texts(options, field.name)]
    ]
    order = {name: number for number, name in enumerate(OPTIONS)}

    def place(one: Mapping[str, Any]) -> int:
        own = order.get(f"{options.__name__}.{one['name']}")
        return order.get(one["name"], len(order)) if own is None else own

    return sorted(shown, key=place)


def explained(
    options: type[Options], error: OptionsInvalid, translate: Callable[[str], str]
) -> str:
    """What is wrong with options, naming the one that it is about as a form does."""
    name, colon, rest = str(error).partition(": ")
    if not colon or name not in {field.name for field in fields(options)}:
        return str(error)
    label, _help = _texts(options, name)
    return f"“{translate(label)}”: {rest}"


def _texts(options: type[Options], name: str) -> tuple[str, str]:
    """Label and explanation; some words mean something else in one place."""
    own = OPTIONS.get(f"{options.__name__}.{name}")
    return own or OPTIONS.get(name, (_readable(name), ""))


def _choices(options: type[Options], name: str) -> tuple[str, ...]:
    return CHOICES.get(f"{options.__name__}.{name}", CHOICES.get(name, ()))


def _default(field: Any) -> Any:
    value = field.default if field.default is not MISSING else field.default_factory()
    return list(value) if isinstance(value, tuple) else value


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()
