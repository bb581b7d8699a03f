"""What this processor has, and what the system lets a process use of it."""

import ctypes
import platform
from functools import cache
from typing import NamedTuple

from numba.core.registry import cpu_target

_ARCH_PRCTL, _REQUEST_PERMISSION, _TILE_DATA = 158, 0x1023, 18  # of Linux on x86-64


class Registers(NamedTuple):
    """The vector registers."""

    lanes: int  # float32 in each
    rows: int  # of a block of a product that fills them, with two vectors in each row


@cache
def features() -> frozenset[str]:
    """The instructions that Numba compiles for, by LLVM's names; it may be told to use fewer than there are."""
    _, _, listed = cpu_target.target_context.codegen().magic_tuple()
    return frozenset(name[1:] for name in listed.split(",") if name.startswith("+"))


@cache
def has_tiles() -> bool:
    """Whether there is AMX with bfloat16, and Linux lends its tiles to this process, which must ask for them."""
    if platform.system() != "Linux" or "amx-bf16" not in features():
        return False
    return ctypes.CDLL(None).syscall(_ARCH_PRCTL, _REQUEST_PERMISSION, _TILE_DATA) == 0


def has_bfloat16_vectors() -> bool:
    """Whether there is AVX-512 BF16."""
    return {"avx512f", "avx512bf16"} <= features()


def registers() -> Registers:
    """Of this processor."""
    if "avx512f" in features():
        return Registers(16, 12)  # 24 sums of 32 registers
    if "avx" in features():
        return Registers(8, 6)  # 12 of 16
    return Registers(4, 8)  # 16 of 32, as on ARM
