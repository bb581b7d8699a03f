"""The kernel as a function of torch's automatic differentiation."""

from typing import Any

import numpy as np
import torch

from sentiment.layers.fast.kernel.passes import Result, backward, forward
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.loop import loop
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights


def run(
    backend: Backend,
    sequences: torch.Tensor,
    mask: torch.Tensor | None,
    initial_state: list[torch.Tensor],
    weights: Weights,
    options: Options,
    training: bool,  # noqa: ARG001  torch tells whether a gradient is wanted
) -> Result:
    """All steps; arguments as of `sentiment.layers.fast.path.run`."""
    return Result(*_Sequence.apply(backend, options, mask, sequences, *initial_state, *weights)[:3])


class _Sequence(torch.autograd.Function):
    """Its first derivative in reverse mode is the kernel's; any other is that of the loop."""

    @staticmethod
    def forward(backend: Backend, options: Options, mask: Any, *tensors: torch.Tensor) -> Any:
        x, h, c, *weights = map(_array, tensors)
        real = np.ones(x.shape[:2], bool) if mask is None else np.broadcast_to(_array(mask), x.shape[:2])
        is_stored = any(tensor.requires_grad for tensor in tensors)
        result, stored = forward(backend, x, real, h, c, Weights(*weights), options, is_stored)
        return (*(torch.from_numpy(value) for value in result), stored)

    @staticmethod
    def setup_context(context: Any, inputs: Any, output: Any) -> None:
        backend, options, mask, *tensors = inputs
        context.settings = backend, options, mask
        context.stored = output[3]
        context.save_for_backward(*tensors)
        context.save_for_forward(*tensors)

    @staticmethod
    def backward(context: Any, *by_result: Any) -> Any:
        (backend, options, mask), tensors = context.settings, context.saved_tensors
        if torch.is_grad_enabled():  # a derivative of the gradients is wanted
            wanted = [tensor for tensor in tensors if tensor.requires_grad]
            found = torch.autograd.grad(
                _loop(context, tensors), wanted, by_result[:3], create_graph=True, materialize_grads=True
            )
            gradients = iter(found)
            return None, None, None, *(next(gradients) if tensor.requires_grad else None for tensor in tensors)
        x, _, _, *weights = map(_array, tensors)
        real = np.ones(x.shape[:2], bool) if mask is None else np.broadcast_to(_array(mask), x.shape[:2])
        values = backward(
            backend, real, context.stored, Result(*map(_array, by_result[:3])), Weights(*weights), options
        )
        return None, None, None, *(torch.from_numpy(value) for value in values)

    @staticmethod
    def jvp(context: Any, *tangents: Any) -> Any:
        """Forward mode: the gradients are linear in what they are multiplied with; their derivative by it, turned
        around, is the derivative along the tangents.
        """
        tensors = context.saved_tensors
        results, gradients = torch.func.vjp(lambda *values: _loop(context, values), *tensors)
        _, turned = torch.func.vjp(lambda *by_result: gradients(by_result), *map(torch.zeros_like, results))
        along = [
            torch.zeros_like(tensor) if tangent is None else tangent
            for tensor, tangent in zip(tensors, tangents[3:], strict=True)
        ]
        return *turned(tuple(along)), None


def _loop(context: Any, tensors: Any) -> Any:
    _, options, mask = context.settings
    x, h, c, *weights = tensors
    return loop(x, mask, [h, c], tuple(weights), options)


def _array(value: torch.Tensor) -> np.ndarray:
    return value.detach().contiguous().numpy()
