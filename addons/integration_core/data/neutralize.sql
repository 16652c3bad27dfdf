-- A copy of a production database must neither send nor receive for real.
UPDATE integration_interface
   SET processing_paused = true;
UPDATE integration_interface
   SET receiving_stopped = true
 WHERE direction = 'inbound';
