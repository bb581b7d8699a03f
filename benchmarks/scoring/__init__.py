"""Growth of scoring in parts: rows per second by workers, time and memory by rows, and what follows for a cluster.

measuring.py   runs the command `sentiment score` on files of several lengths
processes.py   processor time and memory of a job with all its processes
growth.py      what the measurements say: rates, the line through them, the plan for a hundred million rows
report.py      tables
"""
