"""Behaviour tested like software, in the manner of CheckList (Ribeiro et al. 2020): `python -m benchmarks behaviour`.

capabilities/   what a classifier should be able to do: frames to train on, and others to test with
domains/        eight kinds of things that people review, with statements about them
everyday        words that fit every domain
listed          more frames, in tables
frames          what a frame is: one text or two, with slots, and what is expected
misspelling     capitals, typos, lost apostrophes
filling         from frames to texts, by a seed
classifiers     what is tested: saved runs, the linear model, the word list
judging         when an answer is right
suite           all cases judged, and the file of results
report          tables
training_texts  texts of the frames to train on, as a file of reviews
"""
