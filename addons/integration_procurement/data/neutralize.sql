-- Orders leave, and confirmations arrive, through interfaces of integration_core, which holds them.
-- What waits to be sent is not for partners of a copy: it is held even if the interface is released.
UPDATE integration_message
   SET state = 'held', held_reason = 'parked'
 WHERE direction = 'outbound' AND state IN ('queued', 'retry') AND res_model = 'purchase.order';
UPDATE integration_message
   SET state = 'held', held_reason = 'parked'
 WHERE direction = 'outbound' AND state IN ('queued', 'retry')
   AND res_model IN ('account.analytic.account', 'product.product', 'res.partner');
