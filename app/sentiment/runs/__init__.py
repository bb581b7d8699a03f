"""A saved run, what it leaves for the report, ensembles of runs, and which run answers by default.

No Keras: everything after training only reads.

saved_run      the folder of a run, which each loading verifies
record         what was measured of a classifier, and what that was built from
record_types   the types of its fields
results        the files of one result
archive        all results of a dataset
identity       what a result is made of, and whether it is there already
provenance     the reviews and the split of a saved run
ensembles      the mean of several classifiers
default_run    which run answers where none is named
"""
