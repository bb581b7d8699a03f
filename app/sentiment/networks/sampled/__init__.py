"""The loss of a language model: the right words against a sample of all words (Bengio and Senecal 2003).

loss            the equations with Keras' operations, and the choice of a path
on_cpu          the same in compiled code, with gradients
in_tensorflow   that as an operation of a graph
kernel          the loops of the compiled code
logits          what all of them read

Import `choose` and `mean_loss` of `loss`, and `Logits` of `logits`.
"""
