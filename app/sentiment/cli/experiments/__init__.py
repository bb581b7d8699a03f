"""Commands that do many trainings, and the options that say where.

engines.py            the options --engine, --workers and --address
label_efficiency.py   label-efficiency
searching.py          search
"""
