"""A saved run for one's own texts and classes.

adapting   the new run: fitted, measured, saved
fitting    its network learns the reviews
rivals     what it is compared with, and what is advised
"""

from sentiment.experiments.adaptation.adapting import adapt, learnt_from
from sentiment.experiments.adaptation.fitting import Features

__all__ = ["Features", "adapt", "learnt_from"]
