"""How the screens of the suite name documents: what the user may read, and kinds for everybody."""

from __future__ import annotations

from odoo import api
from odoo.models import BaseModel

# What the name of a model of ours begins with; on a screen of ours it says nothing.
_PREFIX = "Integration "


def readable_names(pointers: BaseModel) -> dict[tuple[str, int], str]:
    """Names of the documents that ``pointers`` point to with ``res_model`` and ``res_id``.

    :return: by model and id; without those that are gone, that the user may not read, or whose
        addon is not installed
    """
    names = {}
    pointing = pointers.filtered(lambda one: one.res_id and one.res_model in pointers.env)
    for model, found in pointing.grouped("res_model").items():
        documents = pointers.env[model].browse(set(found.mapped("res_id"))).exists()
        for document in documents._filtered_access("read"):
            names[model, document.id] = document.display_name
    return names


def kind_name(env: api.Environment, model: str | None) -> str:
    """What documents of a model are called, in the user's language; the model's technical name
    where its addon is not installed, empty without a model."""
    if not model:
        return ""
    # sudo: the names of models are no secret, but ir.model is closed
    return env["ir.model"].sudo()._get(model).name or model


def short_kind_name(env: api.Environment, model: str | None) -> str:
    """As :func:`kind_name`, without the word that all models of the suite begin with."""
    return kind_name(env, model).removeprefix(_PREFIX)
