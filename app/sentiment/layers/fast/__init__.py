"""The fast path of the LSTM: all steps on a CPU in compiled code, on TensorFlow, JAX and torch.

path            where it is available, and how a layer takes it
selection       which back end of products is the fastest here, or Keras' loop: measured once
in_tensorflow, in_jax, in_torch    the kernel as a part of a computation of each library
kernel          forward and backward of a batch: memory, and streams of rows side by side
streams         all steps of a stream, in one call of compiled code
steps           one step of one row: the equations
packing         where tokens lie when the padding is left out
products        matrix products for this processor
compiling, scalars, buffers, workers, internals    what these need
"""
