"""Speed, side by side, in one run.

    contenders   what is compared, and what they do
    recipes      how each library does it
    worker       a process that does it, a timed step a line
    process      such a process, seen from here
    rounds       processes that take turns
    summary      medians, quartiles, ratios
    field        all contenders of a shape: a preliminary round, then the one that counts
    curves       tokens per second against units and length
    costs        memory, compile time, and the limit
    targets      what we want to reach, reached or not
    layers       all of it, written to three files
    plots, table what people see of it

Two figures can be compared where their rounds alternated on one machine in one run; this is all that is done here.
"""
