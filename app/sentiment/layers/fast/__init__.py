"""Faster ways through all steps than Keras' loop.

fused       which way a layer takes: the fast path, a kernel of the library on a GPU, or none
path        where the fast path is available, and how a layer takes it
selection   which back end of products is the fastest on this processor, or Keras' loop: measured once
bridges     the kernel as part of a computation of TensorFlow, JAX or torch
kernel      the LSTM in compiled code
loop        the loop over time, for derivatives that the kernel lacks
options, internals    how a layer reads its rows; what no public interface of the libraries tells
"""
