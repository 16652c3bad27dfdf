"""What the clinical bridge does beside the ORM."""
