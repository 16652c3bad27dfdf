import secrets

from odoo import api, fields, models

from odoo.addons.integration_ehr_bridge.mixins.ehr_visit_document import VISIT_GROUPS


class EhrCharge(models.Model):
    """Charges that Odoo posts, for hospitals whose billing is elsewhere."""

    _inherit = "ehr.charge"  # pylint: disable=consider-merging-classes-inherited

    stock_move_id = fields.Many2one(
        "stock.move",
        string="Stock move",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        groups="stock.group_stock_user,account.group_account_invoice",
        help="What was used up.",
    )

    consumption_id = fields.Many2one(
        "ehr.consumption",
        string="Usage",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
        groups="stock.group_stock_user,account.group_account_invoice",
        help="The line of usage that is charged, or that gave it back.",
    )

    is_posted = fields.Boolean(
        string="Posted",
        readonly=True,
        help="Told to the system that invoices. Not before the visit has the number by which that "
        "system knows it.",
    )
    hand_encounter_id = fields.Many2one(
        "ehr.encounter",
        string="Booked for",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        groups=VISIT_GROUPS,
        help="The visit that was admitted by hand, and was joined with that of the charge since.",
    )

    _consumption_unique = models.UniqueIndex(
        "(consumption_id) WHERE consumption_id IS NOT NULL",
        "This line of usage has been charged already.",
    )
    # Two people who charge what was left at the same moment; what comes back has moves of its own.
    _stock_move_unique = models.UniqueIndex(
        "(stock_move_id) WHERE stock_move_id IS NOT NULL AND kind = 'charge'",
        "This stock move has been charged already.",
    )

    @api.model
    def _book(self, visit, product, quantity, moment, *, origin=None, code=None, **more):
        """Post a charge of Odoo's own. Only what has a charge code is charged.

        :param quantity: in the product's unit
        :param origin: the stock move that used it up, if there is one
        :param code: the charge code that was chosen; else one of the product is taken
        :param more: further values of the charge
        :return: the charge; empty if the company's charges come in, or the product has no code
        """
        booked_for, visit = visit, visit.joined_into_id or visit
        company = visit.company_id
        code = code or self._code_of(product, company)
        if company.ehr_charge_direction != "out" or not code:
            return self.browse()
        currency = company.currency_id
        price = currency.round(product.with_company(company).lst_price * quantity)
        return self.with_company(company).create(
            {
                "number": self._own_number(),
                "source": "odoo",
                # A visit that was admitted by hand has a number that nobody else knows.
                "is_posted": not visit.temporary,
                "charged_at": moment,
                "charge_code": code.code,
                "product_id": product.id,
                "quantity": quantity,
                "currency_id": currency.id,
                "own_amount": price,
                "amount": price,
                "location_id": visit.location_id.id,
                "encounter_id": visit.id,
                "hand_encounter_id": booked_for.id if booked_for != visit else False,
                "stock_move_id": origin.id if origin else False,
                "company_id": company.id,
                **more,
            }
        )

    @api.model
    def _book_back(self, used, quantity, moment, *, origin=None):
        """Take back what was posted for a stock move, of which something was returned.

        :param origin: the stock move that returned it
        """
        charge = self.search([("stock_move_id", "=", used.id), ("kind", "=", "charge")])
        more = {"stock_move_id": origin.id} if origin else {}
        return charge and charge._take_back(quantity, moment, **more)

    @api.model
    def _book_back_usage(self, back, quantity):
        """Take back what was posted for a line of usage; nothing if that was not charged here.

        :param back: the line that gives it back
        :param quantity: in the product's unit
        """
        charge = self.search([("consumption_id", "=", back.returns_id.id)])
        return charge and charge._take_back(quantity, back.used_at, consumption_id=back.id)

    def _take_back(self, quantity, moment, **more):
        """Credit so much of this charge; the last part takes exactly what is left, and what comes
        back after that is nothing that was charged."""
        charge = self.ensure_one()
        if charge.is_credited:
            return charge.browse()
        left = charge.quantity - charge.credited_quantity
        whole = charge.currency_id.round(charge.amount * quantity / charge.quantity)
        rest = charge.amount - charge.credited_amount
        is_all = charge.product_id.uom_id.compare(quantity, left) >= 0
        credit = charge.copy(
            {
                "number": self._own_number(),
                "kind": "credit",
                "reverses_id": charge.id,
                "charged_at": moment,
                "received_at": fields.Datetime.now(),
                "quantity": min(quantity, left),
                "amount": rest if is_all else whole,
                "encounter_id": charge.encounter_id.id,
                "stock_move_id": False,
                **more,
            }
        )
        if is_all:
            charge.is_credited = True
        return credit

    @api.model
    def _own_number(self):
        return f"ODOO-{secrets.token_hex(6).upper()}"

    # ------------------------------------------------------------------
    # visits that were admitted by hand
    # ------------------------------------------------------------------

    def _follow_join(self, kept):
        """Post what waited for a visit: it was joined with one that others know."""
        for visit, charges in self.sorted("id").grouped("encounter_id").items():
            charges.write(
                {"encounter_id": kept.id, "hand_encounter_id": visit.id, "is_posted": True}
            )

    def _follow_unjoin(self):
        """It was another visit after all: take back what was posted, and let it wait again."""
        for charge in self.sorted("id"):
            quantity = charge.quantity - charge.credited_quantity
            amount = charge.amount - charge.credited_amount
            # What was used belongs to the one that counts.
            origin = {name: charge[name].id for name in ("consumption_id", "stock_move_id")}
            charge.write(dict.fromkeys(origin, False))
            charge.flush_recordset(list(origin))  # before the copy has it: each is charged once
            charge._take_back(quantity, fields.Datetime.now())
            charge.copy(
                {
                    "number": self._own_number(),
                    "encounter_id": charge.hand_encounter_id.id,
                    "hand_encounter_id": False,
                    "is_posted": False,
                    "is_credited": False,
                    "quantity": quantity,
                    "amount": amount,
                    "received_at": fields.Datetime.now(),
                    **origin,
                }
            )

    @api.model
    def _code_of(self, product, company):
        """That for all systems before those of one, which may be another than hears of it."""
        codes = self.env["ehr.charge.code"].search(
            [("product_id", "=", product.id), ("company_id", "=", company.id)], order="code, id"
        )
        return codes.sorted(lambda one: bool(one.system_id))[:1]
