"""A saved run for one's own texts and classes: the new run, what it is compared with, and what is advised."""

from sentiment.experiments.adaptation.adapting import Features, adapt, learnt_from

__all__ = ["Features", "adapt", "learnt_from"]
