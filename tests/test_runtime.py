"""Models on ONNX Runtime: a tiny one worked out by hand, and the shipped ones' files."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pincite.errors import ModelError
from pincite.index.runtime import Session, adds_in_32_bits, opened
from pincite.settings import SHIPPED

onnx = pytest.importorskip("onnx", reason="make a model: pip install 'pincite[training]'")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Gives of ids `[tokens]` the logits `[[id, -id], ...]` of shape `[tokens, 2]`."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Cast", ["ids"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "signs"], ["out"]),
    ]
    weights = [
        numpy_helper.from_array(np.array([1]), "last"),
        numpy_helper.from_array(np.array([[1.0, -1.0]], np.float32), "signs"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["tokens", 2])],
        weights,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
    return tmp_path / "model.onnx"


def test_results_are_in_the_order_of_the_texts(model: Path) -> None:
    session = Session(model, 2)
    assert session.width == 2
    found = [out.tolist() for out in session.run([[5], [1, 2, 3], []])]
    assert found == [[[5.0, -5.0]], [[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]], []]


def test_threads_share_a_session(model: Path) -> None:
    session = Session(model, 2)

    def first(n: int) -> float:
        return float(next(iter(session.run([[n], [n + 1]])))[0, 0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(first, range(99))) == list(map(float, range(99)))


def test_who_stops_early_leaves_nothing_waiting(model: Path) -> None:
    session = Session(model, 1)

    def texts() -> Iterator[list[int]]:
        yield from [[*range(50_000)]] * 200

    results = session.run(texts())
    next(results)
    results.close()  # type: ignore[attr-defined]
    # What was dropped is not computed: the next text is not behind the others.
    (out,) = session.run([[1]])
    assert out.shape == (1, 2)
    assert session._pool._work_queue.qsize() == 0


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="can't be loaded") as caught:
        Session(tmp_path / "m.onnx", 1)
    assert caught.value.hint


def test_products_of_8_bits_are_exact_on_this_processor(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, numpy_helper

    numbers = np.random.default_rng(0)
    weights = numbers.integers(-128, 128, (256, 64)).astype(np.int8)
    weights[:, 0] = 127  # times 255, two of them don't fit into 16 bits
    rows = numbers.integers(0, 256, (9, 256)).astype(np.uint8)
    rows[0] = 255
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["rows", "weights"], ["out"])],
        "product",
        [helper.make_tensor_value_info("rows", TensorProto.UINT8, ["n", 256])],
        [helper.make_tensor_value_info("out", TensorProto.INT32, ["n", 64])],
        [numpy_helper.from_array(weights, "weights")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "product.onnx").write_bytes(made.SerializeToString())
    (out,) = opened(tmp_path / "product.onnx").run(None, {"rows": rows})
    assert np.array_equal(out, rows.astype(np.int64) @ weights.astype(np.int64))


@pytest.mark.parametrize(
    ("told", "exact"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse avx512f avx512_vnni\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx2 avx_vnni\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512f\nbugs\t: avx_vnni\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", False),
        (None, False),
    ],
)
def test_what_the_system_tells_of_its_processor(
    told: str | None, exact: bool, tmp_path: Path
) -> None:
    if told is not None:
        (tmp_path / "cpuinfo").write_text(told)
    assert adds_in_32_bits(tmp_path / "cpuinfo") is exact


@pytest.mark.models
def test_the_shipped_reader_gives_two_logits_a_token() -> None:
    session = Session(SHIPPED / "models" / "reader" / "model.onnx", 0)
    assert [out.shape for out in session.run([[0, 5, 2], [0, 2]])] == [(3, 2), (2, 2)]
