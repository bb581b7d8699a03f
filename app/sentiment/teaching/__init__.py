"""Networks that learn teachers' predictions: distillation, and rounds of self-training."""
