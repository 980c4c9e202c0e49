"""What the machine has, and how to use it best."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Hardware:
    """How a run computes.

    Attributes:
        device: "cuda" or "cpu".
        half: matrix products in bfloat16.
        compiled: the model through torch.compile.
        attention: transformers' name of the attention code that is fastest here.
        threads: CPU threads.
    """

    device: str
    half: bool
    compiled: bool
    attention: str
    threads: int

    def autocast(self) -> torch.autocast:
        """The context that a forward pass runs in."""
        import torch

        return torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.half)


def find(threads: int | None = None) -> Hardware:
    """Look at the machine.

    On a CPU with bfloat16 dot products (AVX512-BF16, AMX) its matrix products
    take a quarter of the time of fp32, and what is left, fused by the compiler,
    runs fastest with attention written out. Without them fp32 is faster.
    """
    import torch

    threads = threads or os.cpu_count() or 1
    compiler = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
    if torch.cuda.is_available():
        return Hardware("cuda", torch.cuda.is_bf16_supported(), compiler, "sdpa", threads)
    capabilities = torch.cpu.get_capabilities()
    half = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return Hardware("cpu", half, compiler and half, "eager" if half else "sdpa", threads)
