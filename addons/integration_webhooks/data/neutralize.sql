-- A copy never calls a partner's real address, not even after its traffic was released: enter the
-- address of the partner's test system instead. The old one stays readable behind the reserved name.
UPDATE integration_interface
   SET url = 'https://neutralized.invalid/' || regexp_replace(url, '^[a-zA-Z]+://', '')
 WHERE transport = 'webhook' AND direction = 'outbound'
   AND url <> '' AND url NOT LIKE 'https://neutralized.invalid/%';
