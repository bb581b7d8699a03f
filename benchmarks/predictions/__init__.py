"""From a review to its probability: one review, many, a cold start, and the HTTP service under load.

predictors        what is compared, the workloads, and how much is done
fresh_runs        a child process that saves runs with fresh weights, to be timed
worker            a child process with one predictor
servers, load     HTTP servers, and a child process with many clients
benchmark         everything that is measured
targets, report   what is to be reached; tables and a picture
"""
