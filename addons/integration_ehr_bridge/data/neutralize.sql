-- A copy never speaks with a partner's real listener or FHIR server, not even after its traffic was released: enter the
-- address of the partner's test system instead. The old one stays readable behind the reserved name.
UPDATE integration_interface
   SET url = split_part(url, '://', 1) || '://neutralized.invalid:1/' || regexp_replace(url, '^[a-zA-Z]+://', '')
 WHERE transport IN ('mllp', 'hl7_http', 'fhir') AND direction = 'outbound'
   AND url <> '' AND url NOT LIKE '%://neutralized.invalid:1/%';
UPDATE integration_mllp_connection
   SET token = NULL, holder = NULL, lease_until = NULL, wanted_until = NULL, connected_at = NULL;
