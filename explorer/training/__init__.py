"""Students: losses, examples, training."""
