from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit, documents

from .integration_business_rule import MOST, POINTERS


class IntegrationBusinessBreach(models.Model):
    """A document that is late by a rule, from when it was found until it is not late any more."""

    _name = "integration.business.breach"
    _description = "Late Document"
    _order = "since, id"
    _rec_name = "document_name"
    _log_access = False

    rule_id = fields.Many2one(
        "integration.business.rule", required=True, readonly=True, ondelete="cascade"
    )
    area = fields.Selection(related="rule_id.area")
    explanation = fields.Text(related="rule_id.explanation")
    # What the rule found: a document, or what says what became of one.
    found_model = fields.Char(string="Found model", required=True, readonly=True)
    found_id = fields.Integer(string="Found id", required=True, readonly=True, aggregator=None)
    res_model = fields.Char(string="Document model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", readonly=True, aggregator=None
    )
    document_name = fields.Char(string="Document", compute="_compute_document_name")
    kind_name = fields.Char(string="Kind", compute="_compute_document_name")
    message_id = fields.Many2one(
        "integration.message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Looked after by", readonly=True)
    state = fields.Selection(
        [("open", "Late"), ("acknowledged", "Known"), ("healed", "Done")],
        required=True,
        readonly=True,
        default="open",
    )
    since = fields.Datetime(
        string="Waiting since", required=True, readonly=True, help="The date that the rule names."
    )
    detected_at = fields.Datetime(string="Found", required=True, readonly=True)
    healed_at = fields.Datetime(string="Done", readonly=True)
    note = fields.Char(readonly=True, help="In the words of whoever knows about it.")

    _open_unique = models.UniqueIndex("(rule_id, found_id) WHERE state != 'healed'")
    _healed_idx = models.Index("(healed_at) WHERE state = 'healed'")

    @api.depends("res_model", "res_id", "found_model", "found_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_document_name(self):
        names = documents.readable_names(self)
        for one in self:
            one.kind_name = documents.short_kind_name(self.env, one.res_model or one.found_model)
            name = names.get((one.res_model, one.res_id))
            one.document_name = name or self.env._("%(kind)s, no. %(id)s", **one._numbered())

    def _numbered(self):
        return {"kind": self.kind_name, "id": self.res_id or self.found_id}

    @api.model
    def _open_counts(self, rules):
        """How many are late by each rule, of those that the reader may see: ``{id: count}``."""
        if not self.has_access("read"):
            return {}
        found = self._read_group(
            [("rule_id", "in", rules.ids), ("state", "!=", "healed")], ["rule_id"], ["__count"]
        )
        return {rule.id: count for rule, count in found}

    # ------------------------------------------------------------------
    # kept by the rules
    # ------------------------------------------------------------------

    @api.model
    def _keep(self, rule, late):
        """Let exactly these documents be late by a rule.

        :param late: records, the oldest first; ``None``: nothing is late. What is beyond
            :data:`MOST` is left out, but what is kept already does not heal by that.
        """
        known = self.search([("rule_id", "=", rule.id), ("state", "!=", "healed")])
        ids = set(late.ids) if late is not None else set()
        if late is not None and len(late) > MOST:
            # Some of those that are known may be behind the end of what was read.
            rest = known.filtered(lambda one: one.found_id not in ids)
            model = late.browse(rest.mapped("found_id")).exists()
            ids |= set(model.filtered_domain(rule._late_domain()).ids)
        healed = known.filtered(lambda one: one.found_id not in ids)
        healed.write({"state": "healed", "healed_at": fields.Datetime.now()})
        fresh = set(late[:MOST].ids) - set(known.mapped("found_id")) if late is not None else ()
        if fresh:
            self.create(self._values(rule, late.filtered(lambda one: one.id in fresh)))

    def _values(self, rule, late):
        name = rule.date_field_id.name
        now = fields.Datetime.now()
        return [
            {
                "rule_id": rule.id,
                "found_model": one._name,
                "found_id": one.id,
                "since": fields.Datetime.to_datetime(one[name]),
                "detected_at": now,
                "user_id": rule.user_id.id,
                **self._pointed(one),
            }
            for one in late
        ]

    @api.model
    def _pointed(self, one):
        """The document that a record is or speaks of, its message and its company."""
        if one._name not in POINTERS or one._name == "integration.batch":
            company = one.company_id.id if "company_id" in one._fields else False
            return {"res_model": one._name, "res_id": one.id, "company_id": company}
        message = one if one._name == "integration.message" else one.message_id
        company = message.company_id or one.interface_id.company_id
        return {
            "res_model": one.res_model,
            "res_id": one.res_id,
            "message_id": message.id,
            "company_id": company.id,
        }

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_open_document(self):
        self.ensure_one()
        if self.res_id and self.res_model in self.env:
            record = self.env[self.res_model].browse(self.res_id).exists()
            if record:
                return record.get_formview_action()
        if self.message_id:
            return self.message_id.get_formview_action()
        raise UserError(self.env._("The document is gone."))

    def action_acknowledge(self):
        """Say that it is known, and look after it."""
        self._require_operator()
        late = self.filtered(lambda one: one.state == "open")
        # sudo: written by people through this alone, whose right was checked above
        late.sudo().write({"state": "acknowledged", "user_id": self.env.uid})
        late._audit("acknowledge")

    def action_release(self):
        """Give it back: nobody looks after it."""
        self._require_operator()
        known = self.filtered(lambda one: one.state == "acknowledged")
        for one in known.sudo():  # sudo: as above
            one.write({"state": "open", "user_id": one.rule_id.user_id.id, "note": False})
        known._audit("release")

    def _audit(self, act):
        """An entry about the rule, with numbers of documents: a name may tell of a patient."""
        for rule, late in self.grouped("rule_id").items():
            numbers = ", ".join(f"{one.found_model},{one.found_id}" for one in late)
            audit.record(rule, act, changes={"breach_ids": ("", numbers)})

    def _require_operator(self):
        self.check_access("read")
        if self.env.user.has_group("integration_core.group_operator"):
            return
        if any(one.rule_id.user_id != self.env.user for one in self):
            raise AccessError(
                self.env._("Only operators and the owner of the rule say who looks after it.")
            )
