"""Ways to tell of an incident: activity, chat, mail, webhook. One function for each.

All of them write rows of this database, in the transaction that marks the notice as told: so what
was rolled back was not told, and what was told is not told again. Odoo's queue of mails and the
suite's own engine take it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from odoo import api
from odoo.models import BaseModel
from odoo.tools import email_normalize, plaintext2html

from odoo.addons.integration_core.engine import arming

from ..mixins.incident_told import ACTIVITY
from . import incident_events


class NotTold(Exception):
    """It cannot be told now. The text says why, for an operator; it is tried again."""


class NotNeeded(Exception):
    """Nothing is to be told through this channel. The text says why."""


def deliver(notice: BaseModel) -> str:
    """Tell a notice through its channel; return whom it reached.

    :raises NotTold: it is to be tried again
    :raises NotNeeded: it is not to be told here
    """
    return _WAYS[notice.channel_id.kind](notice)


def _people(notice: BaseModel) -> BaseModel:
    people = notice.incident_id._people(notice.audience or (), notice.channel_id)
    if not people:
        raise NotNeeded(notice.env._("Nobody has that part: see the owner and those on duty."))
    return people


def _activity(notice: BaseModel) -> str:
    incident = notice.incident_id
    if notice.kind == "end":
        incident._settle_activities()
        return notice.env._("The tasks are settled.")
    people = _people(notice)
    seeing = people.filtered(lambda user: incident.with_user(user).has_access("read"))
    if not seeing:
        raise NotTold(
            notice.env._(
                "%s may not see incidents. Give the role of an observer, or tell them by mail.",
                ", ".join(people.mapped("name")),
            )
        )
    for user in seeing:
        _give_task(notice, user)
    return ", ".join(seeing.mapped("name"))


def _give_task(notice: BaseModel, user: BaseModel) -> None:
    """One task for each person, which says the latest."""
    told = notice.incident_id.with_context(
        lang=user.lang, tz=user.tz, mail_activity_quick_update=True
    )
    itself = notice.with_env(told.env)
    values = {
        "summary": told._told_subject(itself),
        "note": plaintext2html(told._told_text(itself)),
    }
    kind = told.env.ref(ACTIVITY)
    known = told.activity_ids.filtered(
        lambda one: one.user_id == user and one.activity_type_id == kind
    )
    if known:
        known.write(values)
    else:
        told.activity_schedule(ACTIVITY, user_id=user.id, **values)


def _chat(notice: BaseModel) -> str:
    channel = notice.channel_id.discuss_channel_id
    incident = notice.incident_id
    subject = plaintext2html(incident._told_subject(notice), container_tag="b")
    _post(channel, subject + incident._told_html(notice))
    return f"#{channel.name}"


def _post(channel: BaseModel, body: str) -> None:
    bot = channel.env.ref("base.partner_root")
    channel.message_post(
        body=body, author_id=bot.id, message_type="comment", subtype_xmlid="mail.mt_comment"
    )


def _mail(notice: BaseModel) -> str:
    _refuse_copies(notice)
    incident, addresses = notice.incident_id, notice.channel_id._address_parts()
    people = incident._people(notice.audience or (), notice.channel_id)
    writable = people.filtered(lambda user: email_normalize(user.email or ""))
    if not writable and not addresses:
        raise NotTold(notice.env._("Nobody of those to be told has a mail address."))
    letters = []
    for user in writable:
        told = incident.with_context(lang=user.lang, tz=user.tz)
        itself = notice.with_env(told.env)
        letters.append((user.email_formatted, told._told_subject(itself), told._told_html(itself)))
    subject, body = incident._told_subject(notice), incident._told_html(notice)
    letters += [(address, subject, body) for address in addresses]
    notice.mail_ids = [_write_mail(notice.env, *letter) for letter in letters]
    return ", ".join([*writable.mapped("name"), *addresses])


def _write_mail(env: api.Environment, address: str, subject: str, body: str) -> int:
    mail = env["mail.mail"].create(
        {
            "subject": subject,
            "body_html": body,
            "email_to": address,
            "email_from": env.company.email_formatted or env.user.email_formatted,
            "auto_delete": True,
        }
    )
    # Odoo's queue sends it, outside this transaction; by itself it looks once an hour.
    env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
    return mail.id


def _webhook(notice: BaseModel) -> str:
    found = incident_events.subscribers(notice.env)
    incident = notice.incident_id
    if not found:
        raise NotNeeded(notice.env._("No interface subscribes to events of incidents."))
    if incident.interface_id in found:
        # Else its failing delivery would be the next incident, without an end.
        raise NotNeeded(
            notice.env._("This interface carries the alerts itself: it is not told through it.")
        )
    taking = incident_events.write(notice)
    if not taking:
        raise NotNeeded(notice.env._("No interface of this company subscribes to such events."))
    return ", ".join(taking.mapped("name"))


def _refuse_copies(record: BaseModel) -> None:
    if arming.is_held(record.env.cr):
        raise NotTold(
            record.env._("All traffic of this database is held: a copy tells nobody outside.")
        )


_WAYS: Final[Mapping[str, Callable[[BaseModel], str]]] = MappingProxyType(
    {"activity": _activity, "chat": _chat, "mail": _mail, "webhook": _webhook}
)


# -- tests by a person ---------------------------------------------------------------------------


def test(channel: BaseModel) -> str:
    """Send a test alert; return whom it reached.

    :param channel: of a superuser's environment that knows who asks
    :raises NotTold: it cannot be sent
    """
    subject = channel.env._("Test alert of “%s”", channel.name)
    text = channel.env._(
        "%s wants to see whether alerts arrive. Nothing is wrong.", channel.env.user.name
    )
    return _TESTS[channel.kind](channel, subject, text)


def _test_activity(channel: BaseModel, subject: str, text: str) -> str:
    user = channel.env.user
    channel.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
        {
            "activity_type_id": channel.env.ref(ACTIVITY).id,
            "user_id": user.id,
            "summary": subject,
            "note": plaintext2html(text),
        }
    )
    return channel.env._("You have a task now: %s", user.name)


def _test_chat(channel: BaseModel, subject: str, text: str) -> str:
    title = plaintext2html(subject, container_tag="b")
    _post(channel.discuss_channel_id, title + plaintext2html(text))
    return f"#{channel.discuss_channel_id.name}"


def _test_mail(channel: BaseModel, subject: str, text: str) -> str:
    _refuse_copies(channel)
    user = channel.env.user
    if not email_normalize(user.email or ""):
        raise NotTold(channel.env._("You have no mail address: enter it in your preferences."))
    _write_mail(channel.env, user.email_formatted, subject, plaintext2html(text))
    return user.email


def _test_webhook(channel: BaseModel, subject: str, text: str) -> str:
    found = incident_events.subscribers(channel.env)
    if not found:
        raise NotTold(
            channel.env._(
                "No interface subscribes to events of incidents. Choose them as event types of an "
                "outbound interface."
            )
        )
    for interface in found:
        interface.action_send_test()
    return ", ".join(found.mapped("name"))


_TESTS: Final[Mapping[str, Callable[[BaseModel, str, str], str]]] = MappingProxyType(
    {
        "activity": _test_activity,
        "chat": _test_chat,
        "mail": _test_mail,
        "webhook": _test_webhook,
    }
)
