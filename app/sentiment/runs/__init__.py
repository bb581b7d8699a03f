"""A saved run, what it leaves for the report, ensembles of runs, and which run answers by default.

No Keras: everything after training only reads.
"""
