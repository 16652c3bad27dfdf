import json

from odoo.fields import Command

from .common import ProcurementCase

GROUPS = ("account.group_account_user", "purchase.group_purchase_user", "base.group_user")


class FinanceCase(ProcurementCase):
    """A company with the few accounts, journals and taxes that bills need; no chart of accounts."""

    handler = "integration.handler.invoice"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.env.user.group_ids |= cls.env.ref("account.group_account_user")
        cls.service_user.group_ids = [Command.link(cls.env.ref(name).id) for name in GROUPS]
        cls.reconfigure(cls.inbound, handler=cls.handler)
        cls.books(cls.company)
        cls.product.write(
            {
                "purchase_method": "receive",
                "property_account_expense_id": cls.expense.id,
                "supplier_taxes_id": [Command.set(cls.tax.ids)],
                "standard_price": 0,
            }
        )

    @classmethod
    def books(cls, company):
        """Accounts, journals and a tax of 21 % for a company."""
        accounts = cls.env["account.account"].with_company(company)
        cls.accounts = {
            code: accounts.create(
                {
                    "code": f"9{code}",
                    "name": name,
                    "account_type": kind,
                    "reconcile": kind in ("liability_payable", "asset_receivable"),
                    "company_ids": [Command.set(company.ids)],
                }
            )
            for code, name, kind in (
                ("40000", "Customers", "asset_receivable"),
                ("44000", "Suppliers", "liability_payable"),
                ("41100", "VAT", "asset_current"),
                ("60000", "Purchases", "expense"),
                ("70000", "Sales", "income"),
                ("55000", "Bank", "asset_cash"),
            )
        }
        cls.expense, cls.vat = cls.accounts["60000"], cls.accounts["41100"]
        partner = cls.supplier.with_company(company)
        partner.property_account_payable_id = cls.accounts["44000"]
        partner.property_account_receivable_id = cls.accounts["40000"]
        journals = cls.env["account.journal"].with_company(company)
        cls.journals = {
            kind: journals.create(
                {
                    "name": f"Test {kind}",
                    "code": code,
                    "type": kind,
                    "company_id": company.id,
                    "default_account_id": cls.accounts[account].id,
                    "sequence": 0,
                }
            )
            for kind, code, account in (
                ("purchase", "TBILL", "60000"),
                ("sale", "TINV", "70000"),
                ("general", "TMISC", "60000"),
                ("bank", "TBNK", "55000"),
            )
        }
        group = (
            cls.env["account.tax.group"]
            .with_company(company)
            .create({"name": "VAT", "company_id": company.id, "country_id": _country(cls, company)})
        )
        cls.tax = cls.make_tax(company, group, 21)

    @classmethod
    def make_tax(cls, company, group, amount, **values):
        def shares():
            return [
                Command.create({"repartition_type": "base", "factor_percent": 100}),
                Command.create(
                    {"repartition_type": "tax", "factor_percent": 100, "account_id": cls.vat.id}
                ),
            ]

        return (
            cls.env["account.tax"]
            .with_company(company)
            .create(
                {
                    "name": f"VAT {amount} %",
                    "amount": amount,
                    "type_tax_use": "purchase",
                    "company_id": company.id,
                    "country_id": group.country_id.id,
                    "tax_group_id": group.id,
                    "invoice_repartition_line_ids": shares(),
                    "refund_repartition_line_ids": shares(),
                    **values,
                }
            )
        )

    # -- documents -------------------------------------------------------------------------

    def confirmed(self, quantity=10, price=12.0, received=None, **values):
        """A confirmed order of one line; ``received`` of it have arrived."""
        line = {
            "product_id": self.product.id,
            "product_qty": quantity,
            "price_unit": price,
            "tax_ids": [Command.set(self.tax.ids)],
            **values.pop("line", {}),
        }
        order = self.order(order_line=[Command.create(line)], **values)
        order.button_confirm()
        if received:
            self.receive_goods(order, received)
        return order

    def receive_goods(self, order, quantity):
        transfer = order.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        transfer.move_ids.write({"quantity": quantity, "picked": True})
        transfer.with_context(skip_backorder=True).button_validate()

    def invoice_of(self, order, quantity="10", price="12", **values):
        """A supplier's invoice of the first line of an order, with 21 % of tax."""
        line = {
            "order_line_reference": str(order.order_line[:1].id),
            "quantity": quantity,
            "unit": "C62",
            "unit_price": price,
            "net_amount": "120",
            "taxes": [{"code": "S", "rate": "21"}],
            **values.pop("line", {}),
        }
        return {
            "type": "invoice",
            "number": "R-1",
            "invoice_date": "2026-11-20",
            "currency": self.company.currency_id.name,
            "order_number": order.name,
            "lines": [line],
            "totals": {"net": "120", "tax": "25.2", "gross": "145.2"},
            **values,
        }

    def deliver(self, document, key=None):
        """Receive a canonical message and handle it; return its message."""
        self.number = getattr(self, "number", 0) + 1
        message = self.receive(key or f"m{self.number}", json.dumps(document).encode())
        self.drain(self.inbound)
        message.invalidate_recordset()
        return message

    def bill(self, document):
        message = self.deliver(document)
        self.assertEqual(message.state, "done", message.error_message)
        return self.env["account.move"].browse(message.res_id)

    def refused(self, document, code):
        message = self.deliver(document)
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        return message

    def exceptions(self, record, state="open"):
        return self.env["integration.exception"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id), ("state", "=", state)]
        )

    def pay(self, bills, **values):
        return (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"journal_id": self.journals["bank"].id, **values})
            ._create_payments()
        )

    # -- events ----------------------------------------------------------------------------

    def subscribe(self, *names):
        types = self.env["integration.event.type"].union(
            *(self.env.ref(f"integration_procurement.event_type_{name}") for name in names)
        )
        self.reconfigure(self.outbound, event_type_ids=[(6, 0, types.ids)])

    def told(self, record, code):
        """Contents of the events of one type about a record, oldest first."""
        self.env.cr.flush()
        events = self.env["integration.event"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [
            json.loads(event.data)
            for event in events
            if event.type_id.code == f"procurement.{code}"
        ]

    def next_transaction(self):
        """What was told so far was told by another transaction: a test has one only."""
        self.env.cr.flush()
        self.env.cr.postcommit.data.clear()
        self.env.cr.execute("UPDATE integration_event SET tx = uuid")
        self.env.invalidate_all()


def _country(cls, company):
    return (company.account_fiscal_country_id or cls.env.ref("base.be")).id
