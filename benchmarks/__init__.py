"""Speed and behaviour, side by side, in one run: `python -m benchmarks layers|predictions|behaviour|adapt`.

    adaptation/     accuracy of adapted runs by number of labels; the one benchmark that measures no time
    layers/         our LSTM layer against those of Keras and torch, in training and forward
    predictions/    from a review to its probability: one review, many, a cold start, the HTTP service
    behaviour/      how classifiers read: negation, comparison, questions and others, on texts made by frames
    protocol        child processes that are measured, and how they are asked
    commands        a child process that runs whole commands
    rounds          contenders that alternate
    summary         medians, quartiles, ratios with intervals
    results         what was measured with, and the files that are written
    tables          cells and columns that both reports use

Only figures whose rounds alternated in the same run are compared.
"""
