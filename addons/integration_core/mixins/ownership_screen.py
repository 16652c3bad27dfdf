from odoo import api, fields, models

from ..engine import documents, owned_scope, triggers


class IntegrationOwnershipScreen(models.AbstractModel):
    """What the form and the matrix of master-data ownership show: nothing of it is stored."""

    _name = "integration.ownership.screen"
    _description = "Integration Ownership: Screen"

    model_label = fields.Char(string="Kind of record", compute="_compute_model_label")
    model_missing = fields.Boolean(compute="_compute_model_label")
    what = fields.Char(string="Owns", compute="_compute_what")
    covered_count = fields.Integer(
        string="Records", compute="_compute_covered_count", help="Records that it covers now."
    )
    open_conflict_count = fields.Integer(
        string="Open conflicts", compute="_compute_open_conflict_count"
    )

    @api.depends("model_name")
    def _compute_model_label(self):
        for one in self:
            name = one.model_name
            one.model_missing = bool(name) and name not in self.env
            one.model_label = documents.kind_name(self.env, name) or False

    @api.depends("model_label", "system_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = ": ".join(
                filter(None, (one.system_id.display_name, one.model_label))
            )

    @api.depends("scope", "field_ids.label", "owns_existence")
    def _compute_what(self):
        for one in self:
            parts = (
                [self.env._("all data")]
                if one.scope == "all"
                else sorted(line.label or line.name or "" for line in one.field_ids)
            )
            if one.owns_existence:
                parts.append(self.env._("creation and deletion"))
            one.what = ", ".join(parts)

    @api.depends("model_name", "condition", "system_id")
    def _compute_covered_count(self):
        for one in self:
            if not one._origin.id or one.model_name not in self.env:
                one.covered_count = 0
                continue
            rule = one._origin._rule()
            # sudo: a number tells nothing of the records
            model = self.env[one.model_name].sudo().with_context(active_test=False)
            domain = triggers.parse_domain(rule.condition)
            field = model._fields.get("company_id")
            if field is not None and field.store and field.comodel_name == "res.company":
                domain &= owned_scope.company_domain(rule)
            one.covered_count = model.search_count(domain)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_open_conflict_count(self):
        groups = dict(
            self.env["integration.conflict"]._read_group(
                [("ownership_id", "in", self.ids), ("state", "=", "open")],
                ["ownership_id"],
                ["__count"],
            )
        )
        for one in self:
            one.open_conflict_count = groups.get(one, 0)

    def action_open_conflicts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_conflict"
        )
        action["domain"] = [("ownership_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def matrix(self):
        """Who owns what, for the screen: rows are kinds of records, columns are systems.

        :return: ``systems`` ([id, name]) and ``rows`` (label, model, cells: by system id a list of
            {id, what, state, until}); ownerships in force and those that are on their way
        """
        found = self.search([("state", "in", ("draft", "in_review", "approved"))])
        rows = {}
        for one in found:
            row = rows.setdefault(
                one.model_name, {"model": one.model_name, "label": one.model_label, "cells": {}}
            )
            row["cells"].setdefault(str(one.system_id.id), []).append(
                {
                    "id": one.id,
                    "what": one.what,
                    "state": one.state,
                    "until": fields.Date.to_string(one.valid_until) or False,
                    "partial": bool(one._rule().condition),
                }
            )
        return {
            "systems": [[s.id, s.display_name] for s in found.system_id.sorted("name")],
            "rows": sorted(rows.values(), key=lambda row: row["label"] or ""),
        }
