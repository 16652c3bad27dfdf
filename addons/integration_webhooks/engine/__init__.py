"""What the webhook transport does with cursors and connections."""
