"""Reviews in, a saved run out: networks, baselines, encoders.

`classifier.train` is the way in; `pretraining.pretrain` makes an encoder.

classifier       trains a network
lessons          what it learns from, as token ids in batches
pretraining      trains a language model, whose part is an encoder
corpora          what that learns from
encoders         what a classifier starts from
encoding         the splits as token ids
optimizers       the optimiser of every training
regularisation   steps that are harder than the reviews
epochs           what `fit` needs: batches, checkpoints, callbacks
saving           a trained network becomes a saved run
baselines        linear models and a perceptron, which a network has to beat
"""
