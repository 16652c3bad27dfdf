from datetime import timedelta

import psycopg2

from odoo import api, fields, models, tools
from odoo.tools import SQL, split_every

# Thresholds of one transaction.
BATCH = 1000
# Marks of moved products that one run takes.
MARKS = 10_000
# The cron comes every ten minutes; a run that begins a little early must not leave all of them out.
LOOK_AGAIN = timedelta(minutes=9)


class ProcurementStockThreshold(models.Model):
    """Looking at the stock: soon after a watched product was moved, and every ten minutes."""

    _inherit = "procurement.stock.threshold"  # pylint: disable=consider-merging-classes-inherited

    # ------------------------------------------------------------------
    # in the transaction of those who move goods
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _watched_products(self) -> frozenset[int]:
        """Ids of products with a threshold."""
        self.env.cr.execute(
            "SELECT DISTINCT product_id FROM procurement_stock_threshold WHERE active"
        )
        return frozenset(row[0] for row in self.env.cr.fetchall())

    def _watched_changed(self):
        """Call it after what is watched, or how, has changed."""
        self.flush_model()  # what the cache is filled from
        self.env.registry.clear_cache()
        self._wake()

    @api.model
    def _moved(self, products):
        """Products were moved: have their thresholds looked at after this transaction.

        Costs a look-up for products that nobody watches. For the others rows are inserted: nothing
        that two transactions could quarrel about.
        """
        watched = self._watched_products().intersection(products._ids)
        if watched:
            self.env.cr.execute(
                "INSERT INTO procurement_stock_threshold_due (product_id) SELECT unnest(%s)",
                [sorted(watched)],
            )
            self._wake()

    @api.model
    def _wake(self):
        cron = self.env.ref("integration_procurement.ir_cron_stock_threshold", False)
        if cron:
            # sudo: ir.cron is not for those who move goods
            cron.sudo()._trigger()

    # ------------------------------------------------------------------
    # in the cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_evaluate(self):
        """Look at what is due, batch by batch.

        The marks of moved products go last: whatever interrupts this, they are there next time.
        """
        marks = self.env["procurement.stock.threshold.due"].search([], order="id", limit=MARKS)
        products = set(marks.mapped("product_id"))
        due = self.search(
            self._due_domain(products, fields.Datetime.now() - LOOK_AGAIN), order="id"
        ).ids
        commit_progress = self.env["ir.cron"]._commit_progress
        remaining = len(due)
        for ids in split_every(BATCH, due):
            self.browse(ids).exists()._evaluate_each()
            remaining -= len(ids)
            if not commit_progress(len(ids), remaining=remaining):
                return
        if len(marks) == MARKS:
            self._wake()  # there may be more
        marks.unlink()
        commit_progress(0, remaining=0)

    def _evaluate_each(self):
        """Look at these; what goes wrong with one is shown there and stops no other."""
        quantities = self._quantities()
        if self._try_to_evaluate(quantities) is None:
            return
        for threshold in self:
            error = threshold._try_to_evaluate(quantities)
            if error is not None:
                # The type alone: its text may hold content.
                threshold._evaluation_failed(type(error).__name__)

    def _try_to_evaluate(self, quantities) -> Exception | None:
        try:
            with self.env.cr.savepoint():
                self._evaluate(quantities)
        except psycopg2.OperationalError:
            raise  # collided with somebody: the next run looks again
        except Exception as exc:  # whatever an extension of one of the models raises
            self.invalidate_recordset()
            return exc
        return None

    def _evaluation_failed(self, reason):
        # Below the ORM: what failed may have been the write.
        self.env.cr.execute(
            "UPDATE procurement_stock_threshold SET problem = %s, "
            "evaluated_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [self.env._("The stock could not be looked at: %s", reason), self.id],
        )
        self.invalidate_recordset()

    def _quantities(self) -> dict[int, float]:
        """What is at each place, by id, as the product forms show it for the place.

        One statement, whatever the number of thresholds. On hand is the sum of the stock, whoever
        owns it; forecast adds what confirmed moves bring and take away. A move between two places
        inside counts for nothing, and one in several steps for where it ends.
        """
        self.flush_recordset()
        self.env["stock.quant"].flush_model()
        self.env["stock.move"].flush_model()
        self.env["stock.location"].flush_model(["parent_path"])
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT t.id, t.product_id, t.watched, l.parent_path || '%%' AS inside
                      FROM procurement_stock_threshold t
                      JOIN stock_location l ON l.id = t.location_id
                     WHERE t.id = ANY(%(ids)s)
                ), found AS (
                    SELECT w.id, q.quantity
                      FROM wanted w
                      JOIN stock_quant q ON q.product_id = w.product_id
                      JOIN stock_location ql ON ql.id = q.location_id
                     WHERE ql.parent_path LIKE w.inside
                 UNION ALL
                    SELECT w.id, CASE WHEN dl.parent_path LIKE w.inside THEN m.product_qty
                                      ELSE -m.product_qty END
                      FROM wanted w
                      JOIN stock_move m ON m.product_id = w.product_id
                      JOIN stock_location sl ON sl.id = m.location_id
                      JOIN stock_location dl
                        ON dl.id = coalesce(m.location_final_id, m.location_dest_id)
                     WHERE w.watched = 'forecast'
                       AND m.state IN ('waiting', 'confirmed', 'assigned', 'partially_available')
                       AND (sl.parent_path LIKE w.inside) <> (dl.parent_path LIKE w.inside)
                )
                SELECT id, sum(quantity) FROM found GROUP BY id
                """,
                ids=self.ids,
            )
        )
        return {row[0]: float(row[1]) for row in self.env.cr.fetchall()}
