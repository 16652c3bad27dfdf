"""What sending webhooks needs of the core's engine: no models, no cursors."""
