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
-- Partners are not probed by a copy.
UPDATE integration_probe
   SET active = false;
-- Whoever scrapes the original must not take this for it.
UPDATE integration_metrics_token
   SET active = false;
