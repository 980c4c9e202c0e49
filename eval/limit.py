"""How near reading is to what the machine can do: tokens a second, GFLOP/s, and a profile.

    python -m pincite.eval.limit [--markdown FILE]

Windows are those of the evaluation's development questions over the built index. The limit
is the runtime's own 8-bit matrix product, large and alone, on as many threads as read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pincite.eval.load import questions
from pincite.eval.tables import Section, as_markdown
from pincite.index.encoder import open_encoder
from pincite.index.exported import Precision, exported
from pincite.index.opened import open_index
from pincite.index.runtime import Session, Tokens, inputs, opened, pool
from pincite.qa.read import WindowReader
from pincite.qa.retrieve import rarity_of, retrieve
from pincite.qa.windows import Cutter, Window
from pincite.settings import Settings, load_settings

QUESTIONS = 40
REPEATS = 5
PEAK_SIZE = (512, 2048, 2048)  # rows, depth and columns of the product that is the limit
PEAK_RUNS = 40
SHOWN = 10  # kinds of operation in the profile


def windows(settings: Settings) -> list[Window]:
    """The windows that the first development questions have the reader read."""
    encoder = open_encoder(settings)
    index = open_index(settings, encoder)
    cutter = Cutter.of_folder(WindowReader(settings).folder, settings)
    found = []
    for question in questions()[:QUESTIONS]:
        hits = retrieve(question, rarity_of(question, index), index, encoder, settings)
        found += cutter.cut([(question, hit.passage) for hit in hits])
    return found


def flop(config: dict[str, Any], tokens: int) -> float:
    """Floating-point operations of one text: products of weights, and of queries, keys and values.

    Args:
        config: of the model; as Kaplan et al., 2020, section 2.1 count a forward pass.
        tokens: of the text.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    weights = 4 * width * width + 2 * width * inner
    return float(config["num_hidden_layers"] * (2 * weights * tokens + 4 * width * tokens**2))


def best_rate(work: Callable[[], float]) -> float:
    """The most that work gave a second, of several times: the least that others disturbed."""
    rates = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        done = work()
        rates.append(done / (time.perf_counter() - began))
    return max(rates)


def peak(threads: int) -> float:
    """Operations a second of the runtime's own 8-bit product on so many threads at once."""
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    rows, depth, columns = PEAK_SIZE
    weights = np.random.default_rng(0).integers(-127, 128, (depth, columns), dtype=np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "peak",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [rows, depth])],
        [helper.make_tensor_value_info("c", TensorProto.INT32, [rows, columns])],
        [numpy_helper.from_array(weights, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    given = {"a": np.ones((rows, depth), dtype=np.uint8)}

    def work() -> float:
        with ThreadPoolExecutor(threads) as running:
            list(running.map(lambda _: session.run(None, given), range(PEAK_RUNS * threads)))
        return PEAK_RUNS * threads * 2.0 * rows * depth * columns

    return best_rate(work)


def profile(file: Path, texts: Sequence[Tokens]) -> list[tuple[str, float]]:
    """Kinds of operation with their share of the runtime's time, most first, on one thread."""
    with tempfile.TemporaryDirectory() as folder:
        session = opened(file, f"{folder}/profile")
        for ids, types in texts:
            session.run(None, inputs(ids, types))
        told = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    spent: Counter[str] = Counter()
    for event in told:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            spent[event["args"]["op_name"]] += event["dur"]
    whole = sum(spent.values())
    return [(name, part / whole) for name, part in spent.most_common()]


def sections(settings: Settings) -> list[Section]:
    """What was measured, as tables."""
    read = windows(settings)
    texts: list[Tokens] = [(window.ids, window.types) for window in read]
    reader = WindowReader(settings)
    config = json.loads((reader.folder / "config.json").read_text(encoding="utf-8"))
    tokens = sum(len(ids) for ids, _ in texts)
    work = sum(flop(config, len(ids)) for ids, _ in texts)
    threads = pool(settings.threads)._max_workers
    limit = peak(threads)
    rows = []
    for precision in Precision:
        file = exported(reader.folder, reader.fingerprint, "spans", precision, settings)
        session = Session(file, settings.threads)
        a_second = best_rate(lambda session=session: float(len(list(session.run(texts)))))  # type: ignore[misc]
        reads = a_second / len(texts)
        rows.append(
            (
                str(precision),
                f"{reads * tokens:,.0f}",
                f"{reads * work / 1e9:,.0f}",
                f"{100 * reads * work / limit:.0f}",
            )
        )
    shares = profile(
        exported(reader.folder, reader.fingerprint, "spans", Precision.INT8, settings), texts
    )
    kinds = [(name, f"{100 * share:.1f}") for name, share in shares[:SHOWN]]
    kinds.append(("others", f"{100 * sum(share for _, share in shares[SHOWN:]):.1f}"))
    return [
        (
            f"Reading {len(texts)} windows of {tokens / len(texts):.0f} tokens on {threads} "
            f"threads; the limit is {limit / 1e9:,.0f} GOP/s",
            ("products", "tokens a second", "GFLOP/s", "% of the limit"),
            rows,
        ),
        ("Where the time goes, 8-bit, in percent", ("operation", "share"), kinds),
    ]


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description="Measure how near reading is to the limit.")
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    text = as_markdown({"command": "python -m pincite.eval.limit"}, sections(load_settings()))
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
