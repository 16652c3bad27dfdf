-- A copy of a production database wakes nobody for what happens in it.
UPDATE integration_alert_channel
   SET active = false
 WHERE kind IN ('mail', 'webhook');
UPDATE integration_incident_notice
   SET state = 'skipped', detail = 'This database is a copy.'
 WHERE state = 'waiting';
-- Its sign of life would be taken for that of the original.
UPDATE integration_deadman
   SET active = false;
