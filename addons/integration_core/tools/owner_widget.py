"""Locking owned fields in forms that know nothing of it."""

from __future__ import annotations

from collections.abc import Collection

from lxml import etree

from . import sync_widget

WIDGET = "integration_owner"
#: Key of the form's context in which the widget says which fields may be changed on which record.
FREE = "integration_free"

_ALWAYS = ("1", "True", "true")
_NEVER = (None, "", "0", "False", "false")


def lock(arch: etree._Element, names: Collection[str]) -> None:
    """Make fields of a form read-only, and put the widget on top that says why.

    A saved record is locked until the widget has asked the server which of the fields nobody owns
    on it. Fields of records inside the form (lines) are left alone.

    :param arch: root of a view, changed in place
    :param names: fields that somebody owns on some record of the form's model
    """
    if arch.tag != "form" or arch.xpath(f".//widget[@name='{WIDGET}']"):
        return
    for node in arch.xpath(".//field[not(ancestor::field)]"):
        if node.get("name") in names and node.get("readonly") not in _ALWAYS:
            _lock(node)
    sync_widget.put(arch, etree.Element("widget", name=WIDGET, groups="base.group_user"))


def _lock(node: etree._Element) -> None:
    name = node.get("name")
    free = f"context.get('{FREE}', {{}})"
    expression = f"id and ({free}.get('id') != id or '{name}' not in {free}.get('names', []))"
    before = node.get("readonly")
    node.set("readonly", expression if before in _NEVER else f"({before}) or ({expression})")
    node.set("class", " ".join(filter(None, (node.get("class"), "o_integration_owned"))))
