from odoo import models

# What partners look for, in one place; the models are defined elsewhere.


class EhrRequisitionLine(models.Model):
    """By what partners that read over FHIR look for items of requisitions."""

    _inherit = "ehr.requisition.line"  # pylint: disable=consider-merging-classes-inherited

    _told_idx = models.Index("(write_date, id)")
    _order_number_idx = models.Index("(order_number) WHERE order_number IS NOT NULL")


class EhrConsumption(models.Model):
    """By what they look for usage."""

    _inherit = "ehr.consumption"  # pylint: disable=consider-merging-classes-inherited

    _told_idx = models.Index("(write_date, id)")
    _number_idx = models.Index("(number)")


class StockMove(models.Model):
    """By what they look for deliveries; other moves are not shown."""

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    _ehr_told_idx = models.Index("(write_date, id) WHERE ehr_requisition_line_id IS NOT NULL")
    _ehr_shown_idx = models.Index("(id) WHERE ehr_requisition_line_id IS NOT NULL")
    _ehr_reference_idx = models.Index("(reference) WHERE ehr_requisition_line_id IS NOT NULL")


class ProductProduct(models.Model):
    """In what order they are told of changed items."""

    _inherit = "product.product"  # pylint: disable=consider-merging-classes-inherited

    _ehr_told_idx = models.Index("(write_date, id)")
