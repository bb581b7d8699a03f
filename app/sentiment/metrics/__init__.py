"""What probabilities are worth: accuracy with intervals, paired tests, calibration, certainty, class balance.

`class_balance` imports nothing, so that the service can use it; scikit-learn and SciPy load when they compute.
"""
