"""Where reviews come from: file formats, labels, archive, download, splits, templates, fingerprints, the sample.

`reviews.load_reviews` and `reviews.find_reviews` return `Reviews`; `splits.split` returns `Splits`; `files.read_rows`
reads texts without pandas.
"""
