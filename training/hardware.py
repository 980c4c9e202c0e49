"""What the machine has, and how to use it best."""

from __future__ import annotations

import os
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
        threads: CPU threads.
    """

    device: str
    half: bool
    threads: int

    def autocast(self) -> torch.autocast:
        """The context that a forward pass runs in."""
        import torch

        return torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.half)


def find(threads: int | None = None) -> Hardware:
    """Look at the machine.

    A CPU with bfloat16 dot products (AVX512-BF16, AMX) takes a quarter of the
    time of fp32 for a matrix product; without them fp32 is faster.
    """
    import torch

    threads = threads or os.cpu_count() or 1
    if torch.cuda.is_available():
        return Hardware("cuda", torch.cuda.is_bf16_supported(), threads)
    capabilities = torch.cpu.get_capabilities()
    half = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return Hardware("cpu", half, threads)
