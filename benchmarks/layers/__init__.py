"""Our LSTM layer against those of Keras and torch: training steps and forward passes on this machine.

contenders        what is compared, the tasks, and how much is done
implementations   how each library does a task
worker            a child process with one contender
targets           the fastest of each family, and what ours should reach
contest           the preliminary round and the rounds that count
benchmark         everything that is measured
report, files     tables and a picture; a measurement for each kind of CPU
"""
