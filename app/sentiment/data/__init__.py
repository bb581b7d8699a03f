"""Where reviews come from: formats, labels, archive, download, splits, templates, fingerprints, the sample.

`reviews.load_reviews` and `reviews.find_reviews` give `Reviews`; `splits.split` gives `Splits`.
"""
