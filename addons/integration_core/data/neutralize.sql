-- A copy of a production database must neither send nor receive for real.
-- All traffic is held until an administrator releases it for this copy.
INSERT INTO integration_arming (armed, held_because)
SELECT false, 'neutralized' WHERE NOT EXISTS (SELECT 1 FROM integration_arming);
UPDATE integration_arming
   SET armed = false, held_because = 'neutralized';
-- Should somebody release it: each interface stays paused until it is resumed, too.
UPDATE integration_interface
   SET processing_paused = true, awaits_release = true;
UPDATE integration_interface
   SET receiving_stopped = true
 WHERE direction = 'inbound';
-- Partners' secrets have no place in a copy. A new version makes a credential usable again.
UPDATE integration_credential_version
   SET ciphertext = NULL, key_id = NULL;
DELETE FROM integration_token;
-- Jobs that were waiting would only find that everything is held.
UPDATE queue_job
   SET state = 'cancelled'
 WHERE model_name = 'integration.lane' AND state IN ('wait_dependencies', 'pending', 'enqueued', 'started');
UPDATE integration_lane
   SET wanted = false, lease_token = NULL, lease_until = NULL, scheduled_at = NULL;
-- What an operator began in production is not gone on with in a copy.
UPDATE integration_replay_task
   SET state = 'paused', problem = 'release'
 WHERE state = 'running';
-- Addresses that this database gave to partners stay theirs: a copy answers to others.
UPDATE integration_interface
   SET token = replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
       former_address_digest = NULL, former_address_until = NULL, former_address_used_at = NULL;
