-- A copy never calls a partner's real address, not even after its traffic was released: enter the
-- address of the partner's test system instead. The old one stays readable behind the reserved name.
UPDATE integration_interface
   SET url = 'https://neutralized.invalid/' || regexp_replace(url, '^[a-zA-Z]+://', '')
 WHERE transport = 'webhook' AND direction = 'outbound'
   AND url <> '' AND url NOT LIKE 'https://neutralized.invalid/%';
UPDATE integration_interface
   SET jwks_url = 'https://neutralized.invalid/' || regexp_replace(jwks_url, '^[a-zA-Z]+://', '')
 WHERE jwks_url <> '' AND jwks_url NOT LIKE 'https://neutralized.invalid/%';
-- Nor does it fetch keys that were asked for, or confirm what the original was asked.
UPDATE integration_webhook_key SET wanted_at = NULL;
DELETE FROM integration_webhook_subscription WHERE state IN ('asked', 'confirming', 'failed');
