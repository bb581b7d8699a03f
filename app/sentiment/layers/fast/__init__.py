"""The compiled path around Keras' loop over time, for TensorFlow on a CPU.

`path` decides where it may be taken; the other modules compute.
"""
