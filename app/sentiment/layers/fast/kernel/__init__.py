"""The LSTM over a batch of sequences on a CPU, forward and backward, in code that Numba compiles.

passes      forward and backward of a batch: memory, and streams of rows side by side
streams     all steps of a stream, in one call of compiled code
steps       one step of one row: the equations
products    matrix products for this processor
packing     where tokens lie when the padding is left out
scalars, compiling, buffers, workers    what these need
"""
