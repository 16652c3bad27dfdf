"""What billing of charges does beside the models."""
