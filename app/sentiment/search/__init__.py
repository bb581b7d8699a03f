"""A search for settings on the validation split: Optuna proposes, the engines of `sentiment.parallel` train.

space.py      what may vary, and between which bounds
journal.py    the file with all trials, which a search goes on from
trials.py     a trial: a network that is trained, and measured on validation
searching.py  the loop
"""
