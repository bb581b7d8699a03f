"""`SentimentClassifier`: a network that trains and predicts as an estimator of scikit-learn.

Others import `SentimentClassifier` from `sentiment`; everything else is private. Only `fit` imports Keras.
"""
