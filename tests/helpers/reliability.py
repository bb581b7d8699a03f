"""The two forms of the tests in `reliability`, and how much slower than planned a machine may be.

SENTIMENT_RELIABILITY=full has more of everything, and loads of two minutes. It is for a machine that does nothing else.
"""

import os

import pytest

FULL = os.environ.get("SENTIMENT_RELIABILITY") == "full"
only_in_full = pytest.mark.skipif(not FULL, reason="takes some time; in the full form, see SENTIMENT_RELIABILITY")
LOAD_SECONDS = float(os.environ.get("SENTIMENT_LOAD_SECONDS", "120" if FULL else "3"))
SLACK = 0.05 if FULL else 3.0  # seconds; on a machine that does other things, processes wait for one another
