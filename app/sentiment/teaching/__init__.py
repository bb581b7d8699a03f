"""Networks that learn teachers' predictions, and those of saved runs that learn other labels.

distillation    teachers' probabilities of the training texts become labels
self_training   a network and a linear model that learnt few labels teach another network, round by round
linear_head     a new last layer for a network; linear models whose regularisation is cross-validated
fine_tuning     all weights of a saved run, trained on with other labels
"""
