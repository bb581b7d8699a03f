"""Reviews in, a saved run out: networks, baselines, encoders.

`classifier.train` is the way in; `pretraining.pretrain` makes an encoder.
"""
