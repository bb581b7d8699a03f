"""Scoring of more reviews than one process should: in parts, over threads, or over the actors of Ray.

    files -> parts -> the rows of a part -> its output and a receipt -> the manifest

A part is a bounded number of rows of one file. Its output depends on the part and the run alone, so it is the same,
byte for byte, whoever computes it, and may be computed again at any time. Others import `run_job` from `running`.

inputs.py     the files at a path, a pattern or an address
outputs.py    a folder, here or at an address, in which files appear whole or not at all
planning.py   how files are read, and where their parts begin
parts.py      the rows of a part, and those that cannot be scored
job.py        what workers know, and what they do with a part
manifest.py   which parts are finished
threads.py    workers are threads of this process
cluster.py    workers are actors of Ray, here or on a cluster
running.py    the whole job
"""
