"""What webhooks need of the core's engine, with cursors and connections."""
