"""What probabilities are worth: accuracy with intervals, paired tests, calibration, class balance."""
