"""Putting the sync status into forms that know nothing of it."""

from __future__ import annotations

from lxml import etree

WIDGET = "integration_sync"
#: The button of a form that has its own way to the messages.
MESSAGES = "action_open_integration_messages"


def insert(arch: etree._Element) -> None:
    """Put the status widget on top of a form, wherever its top is.

    :param arch: root of a view, changed in place; a view that has the widget, or is no form, stays
    """
    if arch.tag != "form" or arch.xpath(f".//widget[@name='{WIDGET}']"):
        return
    widget = etree.Element("widget", name=WIDGET, groups="base.group_user")
    if arch.xpath(f".//button[@name='{MESSAGES}']"):
        widget.set("options", "{'messages': False}")
    put(arch, widget)


def put(arch: etree._Element, widget: etree._Element) -> None:
    """Insert a widget on top of a form."""
    # not the sheet of a form inside a field
    parent = next(iter(arch.xpath(".//sheet[not(ancestor::field)]")), arch)
    parent.insert(_position(parent), widget)


def _position(parent: etree._Element) -> int:
    """Behind what Odoo wants first: the header, and the box of buttons with its ribbon."""
    position = 0
    for index, node in enumerate(parent):
        if node.tag == "header" or node.get("name") == "button_box":
            position = index + 1
    return position
