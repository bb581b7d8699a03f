"""The fast path of the LSTM: all steps as one operation of TensorFlow on a CPU, computed in NumPy.

`path` says where it is available and calls it; `packed` computes, with `packing`, `workers` and `buffers`.
"""
