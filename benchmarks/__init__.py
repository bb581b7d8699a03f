"""Speed, side by side, in one run.

    layers               one layer, in training and forward
      contenders         what is compared, and what they do
      recipes            how each library does it
      worker, process    a process that does it, and the same seen from here
      field              all contenders of a shape: a preliminary round, then the one that counts
      curves             tokens per second against units and length
      costs, limit       memory, compile time, and how fast the machine multiplies
      targets            what we want to reach, reached or not
      table, plots       what people see of it
      kinds              the files: a measurement for each kind of CPU, and the tables of all

    predictions          from a review to its probability, written to three files
      ways               what is compared, and what it is asked
      networks           saved runs to be timed
      answering          a process that answers in one way
      commands           a process that runs whole commands
      serving, load      servers, and a process that asks them as many clients do
      prediction_*       targets, tables and a picture

    talking              a process that is measured, from both ends
    rounds               contenders that take turns
    summary              medians, quartiles, ratios
    settings, record     how much is done; what is left

Two figures can be compared where their rounds alternated on one machine in one run; this is all that is done here.
"""
