"""Networks that learn from what others say: teachers, and rounds of self-training."""
