"""Loaded runs, the queues in which their texts wait, and the dispatcher through which routes use them."""
