# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a person should do about a failed message, by the code or else the class of its error.

Sentences are English and marked for translation; whoever shows them translates them (``env._``).
"""

# Pure code has no environment to translate with.
# pylint: disable=prefer-env-translation

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .errors import ErrorClass


def _(text: str) -> str:
    """Mark ``text`` for translation; it is translated where it is shown."""
    return text


#: By class of error: what is true for every error of the class.
BY_CLASS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ErrorClass.TRANSIENT: _(
            "The other side could not be reached or was busy. When it is back, retry the message."
        ),
        ErrorClass.THROTTLED: _(
            "The other side asked for fewer requests. Retry the message later, agree on a higher "
            "rate with its operators, or set a rate in the interface's policy."
        ),
        ErrorClass.PERMANENT: _(
            "The other side refused the message and would refuse it again. Ask it why. Retry sends "
            "the same content once more; if the document was wrong, resolve this message and let "
            "the document send a new one."
        ),
        ErrorClass.CONTRACT: _(
            "Have the sender correct and resend it, or correct the document in Odoo, then retry."
        ),
        ErrorClass.MAPPING: _(
            "A value of the content could not be translated. Add the missing value to the value "
            "map or correct the mapping, then retry."
        ),
        ErrorClass.CONFLICT: _(
            "The content contradicts what Odoo knows. Decide which side is right, correct it "
            "there, then retry or resolve the message."
        ),
        ErrorClass.UNKNOWN_OUTCOME: _(
            "The message left, but no answer came. Ask the other side whether it arrived before "
            "you retry."
        ),
        ErrorClass.CONFIGURATION: _(
            "The interface is not set up completely. An administrator has to correct it; then "
            "retry."
        ),
    }
)

#: By code, where more can be said than by class.
BY_CODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access": _(
            "Give the service user of the interface the right that the handler needs, then retry."
        ),
        "bill_known": _(
            "Compare this invoice with the supplier's bill of the same number in Odoo. If it is "
            "the same invoice, resolve this message. If the other bill has a wrong reference, "
            "correct that and retry; if the supplier used the number twice, ask for another."
        ),
        "business_rule": _(
            "Read what Odoo says, correct the document or the master data that it names, then "
            "retry. If the sender is wrong, resolve this message and ask for a new one."
        ),
        "answer_too_large": _(
            "The content is larger than the interface that fetches it takes. Have an administrator "
            "raise its largest answer, or ask the other side for less; then retry."
        ),
        "causation_depth": _(
            "Two systems answer each other without end. An administrator has to find the "
            "interfaces that do and switch off the return of the system's own changes. Resolve "
            "this message."
        ),
        "content_missing": _(
            "The other side has no such content, or not any more. If it was deleted there, resolve "
            "this message; if that is usual, have an administrator let the interface leave out "
            "what is gone. Otherwise check the address of the interface, then retry."
        ),
        "event_missing": _(
            "What was to be sent is gone. Resolve this message and let the document send a new one."
        ),
        "filter_failed": _(
            "The filter of the interface cannot be applied to this event. Try it on this event in "
            "the form of the interface and correct it by a proposed change; then retry: the filter "
            "is asked again."
        ),
        "fetch_refused": _(
            "The notification names what lies outside of the address that was approved, so nothing "
            "was asked for. Have an administrator compare both with the other side's description; "
            "retry when the interface is corrected, else resolve this message."
        ),
        "fetch_unnamed": _(
            "The notification does not say what is to be fetched where the interface looks for it. "
            "Have an administrator correct that by a proposed change, then retry; or ask the "
            "sender."
        ),
        "host_refused": _(
            "The proxy may reach approved hosts only. Have an administrator add the host to those "
            "of the interface, then retry."
        ),
        "http_401": _(
            "The other side does not accept our credential. Check it together with the other "
            "side, then retry."
        ),
        "http_403": _(
            "The other side does not let us in. Have it check our rights and its firewall, then "
            "retry."
        ),
        "http_404": _(
            "Nobody answers at this address. Check the address of the interface with the other "
            "side, then retry."
        ),
        "http_410": _(
            "The other side has closed this address for good. Ask for the new one, have an "
            "administrator enter it, then retry."
        ),
        "http_413": _("The message is larger than the other side accepts. Ask it for its limit."),
        "internal_error": _(
            "Something failed that nobody foresaw. Retry once; if it fails again, give the id of "
            "this message to whoever maintains the interface."
        ),
        "key_reused": _(
            "Ask the sender which of the two contents is right. If it is this one, retry; "
            "otherwise resolve this message."
        ),
        "malformed_json": _(
            "The content is damaged and cannot be read, now or later. Ask the sender to send it "
            "again, and resolve this message."
        ),
        "missing_record": _("Retry once. If the record is gone for good, resolve this message."),
        "no_contract": _("An administrator has to approve a version of the contract; then retry."),
        "no_handler": _(
            "Nothing handles these messages: the addon is not installed, or the routing of the "
            "interface has no rule for their type. Have an administrator install it, choose "
            "another handler or add a rule, then retry."
        ),
        "no_key_ring": _(
            "The server lacks the keys for private content. Have its administrator configure the "
            "key ring, then retry."
        ),
        "no_transport": _(
            "An administrator has to choose the transport of the interface; then retry."
        ),
        "no_user": _("An administrator has to choose a service user; then retry."),
        "not_subscribed": _(
            "The interface does not send this kind of event any more. If it should, have an "
            "administrator add it and retry; otherwise resolve this message."
        ),
        "owned_elsewhere": _(
            "Open the conflict, compare both values and decide which one counts. The message then "
            "goes on by itself."
        ),
        "owned_refused": _(
            "The sender writes what is not his. Agree with both sides who keeps these data; then "
            "resolve this message, or have an administrator change the ownership and retry."
        ),
        "payload_missing": _(
            "The content was deleted by retention. Resolve this message and ask the sender for a "
            "new one."
        ),
        "possible_duplicate": _(
            "Open the possible duplicate and say which record it is, or that it is a record of its "
            "own. If two records in Odoo are the same thing, merge them first."
        ),
        "proxy_authentication": _(
            "The proxy of your network does not let Odoo through. Have its administrator check "
            "that; the messages wait meanwhile."
        ),
        "proxy_failed": _(
            "The proxy of your network could not be reached. When it is back, retry the message."
        ),
        "proxy_refused": _(
            "The proxy of your network did not connect to the other side. Have its administrator "
            "allow the host, then retry."
        ),
        "snapshot_failed": _(
            "The content of the document could not be read. Mend the document or the event type, "
            "then retry: the content is taken anew."
        ),
        "serialization": _(
            "Others were changing the same records. Retry when they are done; nothing is lost."
        ),
        "token_invalid_client": _(
            "The other side's token address does not accept our client or its secret. Check them "
            "together with the other side; the messages wait meanwhile."
        ),
        "token_invalid_scope": _(
            "The other side does not grant the scope that we ask for. Agree on it with the other "
            "side and enter it in the credential; the messages wait meanwhile."
        ),
        "unknown_order": _(
            "Find the order that the partner means. Correct its number or its supplier and retry, "
            "or resolve this message and ask the partner for a new one."
        ),
        "worker_lost": _(
            "The server was stopped, or killed a worker, while it had this message. If that "
            "happened once, retry. If this message does it every time, resolve it and give its id "
            "to whoever maintains the interface."
        ),
    }
)


def advice(error_class: str | None, code: str | None) -> str:
    """One or two sentences for the operator; ``""`` without an error."""
    return BY_CODE.get(code or "") or BY_CLASS.get(error_class or "", "")
