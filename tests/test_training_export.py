"""Weights on the disk: what training changed, kept small, and the export to 8-bit ONNX."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pincite.errors import ModelError
from pincite.qa.agreement import MODEL, Relation, Writer
from pincite.qa.measured import Statement
from pincite.training import export as exporting
from pincite.training.comparer import KEPT, LAYERS, LINEARS
from pincite.training.export import difference, export
from pincite.training.weights import (
    WEIGHTS,
    Head,
    file_of,
    freeze,
    load_model,
    load_tokenizer,
)
from tests.tiny import Kind, make_base


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_a_run_s_weights_make_its_model_again(kind: Kind, tmp_path: Path) -> None:
    import torch

    base = make_base(tmp_path / "base", kind)
    model = load_model(base, "spans")
    freeze(model, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += torch.randn(parameter.shape) * 0.02
    out = save_whole(model, base, tmp_path / "out")
    # What is exported beside them is coarser.
    export(whole_model(tmp_path / "other", kind), out, "spans")
    for start in (out, out / WEIGHTS):
        again = load_model(base, "spans", start).state_dict()
        for name, one in model.state_dict().items():
            assert torch.equal(one, again[name]), name


def test_weights_of_another_base_are_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    base = make_base(tmp_path / "base")
    with pytest.raises(ModelError, match="can't be read"):
        load_model(base, "spans", tmp_path)
    save_file({"nothing.weight": torch.ones(2)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match=r"has nothing\.weight"):
        load_model(base, "spans", tmp_path)
    with pytest.raises(ModelError, match=r"has nothing\.weight"):
        load_model(make_base(tmp_path / "other", "mpnet"), "relation", tmp_path)
    save_file({"qa_outputs.bias": torch.ones(5)}, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="not of this base"):
        load_model(base, "spans", tmp_path / WEIGHTS)


def test_nothing_is_recorded_below_the_first_trained_layer(tmp_path: Path) -> None:
    import torch

    model = load_model(make_base(tmp_path / "base", "mpnet"), "spans")
    freeze(model, 1)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert {".".join(name.split(".")[:4]) for name in trained} == {
        "mpnet.encoder.layer.1",
        "qa_outputs.weight",
        "qa_outputs.bias",
    }
    below: list[bool] = []
    layers = model.mpnet.encoder.layer
    layers[1].register_forward_pre_hook(lambda _, given: below.append(given[0].requires_grad))
    assert model(input_ids=torch.tensor([[0, 5, 2]])).start_logits.requires_grad
    assert below == [False]


def test_of_a_comparison_what_is_added_is_trained(tmp_path: Path) -> None:
    import torch

    base = make_base(tmp_path / "base", "mpnet", layers=LAYERS + 1)
    reader = load_model(base, "spans")
    model = load_model(save_whole(reader, base, tmp_path / "reader"), "relation")
    model.only_additions()
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    added = {
        f"mpnet.encoder.layer.{n}.{linear}.{part}"
        for n in range(KEPT, LAYERS)
        for linear in LINEARS
        for part in ("down", "up")
    }
    assert trained == added | {"hidden.weight", "hidden.bias", "out.weight", "out.bias"}
    # Before it is trained it reads as the reader does, as far as it goes.
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    read = reader.mpnet(ids, output_hidden_states=True).hidden_states
    assert len(read) == LAYERS + 2
    assert torch.allclose(model.mpnet(ids).last_hidden_state, read[LAYERS], atol=1e-6)
    assert model.out.out_features == len(Relation)


def test_a_comparison_tells_what_stands_between_the_marks(tmp_path: Path) -> None:
    import torch

    base = make_base(tmp_path / "base", "mpnet", layers=LAYERS)
    model, tokenizer = load_model(base, "relation").eval(), load_tokenizer(base).backend_tokenizer
    writer = Writer(tokenizer)
    pair = Statement("it was ann", 7, 10), Statement("bo went", 0, 2)

    def logits(*written: list[int]) -> torch.Tensor:
        ids = torch.full((len(written), max(map(len, written))), tokenizer.token_to_id("<pad>"))
        for row, of in enumerate(written):
            ids[row, : len(of)] = torch.tensor(of)
        mask = (ids != tokenizer.token_to_id("<pad>")).long()
        with torch.inference_mode():
            out: torch.Tensor = model(ids, attention_mask=mask).logits
        return out

    (alone,) = logits(writer.ids("who?", *pair))
    longer = writer.ids("who said that it was so?", *pair)
    assert torch.allclose(logits(writer.ids("who?", *pair), longer)[0], alone, atol=1e-5)
    moved = pair[0], Statement("bo went", 3, 7)
    assert not torch.allclose(logits(writer.ids("who?", *moved))[0], alone, atol=1e-3)
    # Where nothing is marked there is still something to say.
    assert torch.isfinite(logits([0, 5, 2])).all()


def save_whole(model: Any, base: Path, folder: Path) -> Path:  # noqa: ANN401
    """The folder with the model and its base's tokenizer."""
    model.save_pretrained(folder)
    load_tokenizer(base).save_pretrained(folder)
    return folder


def as_trained(model: Any) -> Any:  # noqa: ANN401
    """The same model; a comparison's additions, which are nothing at first, are drawn."""
    import torch

    for name, weights in model.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(weights, std=0.05)
    return model


def whole_model(folder: Path, kind: Kind, head: Head = "spans") -> Path:
    """A whole model with that head."""
    base = make_base(folder / "base", kind, layers=LAYERS if head == "relation" else 2)
    return save_whole(as_trained(load_model(base, head)), base, folder / "whole")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_model(tmp_path_factory.mktemp("trained"), "mpnet")


@pytest.mark.parametrize(
    ("kind", "head"), [("mpnet", "spans"), ("bert", "sentence"), ("mpnet", "relation")]
)
def test_the_export_says_what_the_model_says(kind: Kind, head: Head, tmp_path: Path) -> None:
    import onnxruntime

    out = tmp_path / "out"
    assert export(whole_model(tmp_path, kind, head), out, head) < 0.05
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted(["config.json", file_of(head), "tokenizer.json"])
    session = onnxruntime.InferenceSession(out / file_of(head))
    for length in (3, 24, 60):
        (got,) = session.run(None, {"ids": np.arange(length, dtype=np.int64)})
        assert got.dtype == np.float32
        if head == "spans":
            assert got.shape == (length, 2)
        elif head == "relation":
            assert got.shape == (len(Relation),)
        else:
            assert got.shape == (64,) and np.linalg.norm(got) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "head"), [("mpnet", "spans"), ("bert", "sentence"), ("mpnet", "relation")]
)
def test_an_export_can_be_started_from(kind: Kind, head: Head, tmp_path: Path) -> None:
    import torch

    whole = whole_model(tmp_path, kind, head)
    export(whole, tmp_path / "out", head, largest=1000)
    (tmp_path / "other").mkdir()
    other = make_base(tmp_path / "other", kind, layers=LAYERS if head == "relation" else 2)
    again = load_model(other, head, tmp_path / "out").state_dict()
    for name, tensor in load_model(whole, head).state_dict().items():
        if not name.startswith("pooler."):  # a sentence's vector is read before it
            step = tensor.abs().max() / 127  # a row has no larger one than the whole
            assert torch.allclose(again[name], tensor, atol=float(step) * 0.51), name
    (tmp_path / "out" / file_of(head)).write_bytes(b"no model")
    with pytest.raises(ModelError, match="can't be read"):
        load_model(whole, head, tmp_path / "out")


def test_a_large_table_goes_to_a_file_of_its_own(trained: Path, tmp_path: Path) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    export(trained, whole, "spans")
    assert export(trained, parted, "spans", largest=1000) == difference(trained, whole, "spans")
    saved = (parted / "embeddings.bin").stat().st_size
    assert saved > 0
    sizes = [(folder / "model.onnx").stat().st_size for folder in (whole, parted)]
    assert sizes[0] - sizes[1] == pytest.approx(saved, abs=200)
    # Again, and it is the same; written whole, nothing of the parted one is left.
    before = {path.name: path.read_bytes() for path in parted.iterdir()}
    export(trained, parted, "spans", largest=1000)
    assert {path.name: path.read_bytes() for path in parted.iterdir()} == before
    export(trained, parted, "spans")
    assert not (parted / "embeddings.bin").exists()
    assert (parted / "model.onnx").read_bytes() == (whole / "model.onnx").read_bytes()


def test_beside_its_reader_a_comparison_holds_only_what_it_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    base, out = make_base(tmp_path / "base", "mpnet", layers=LAYERS + 1), tmp_path / "out"
    reader = save_whole(load_model(base, "spans"), base, tmp_path / "reader")
    export(reader, out, "spans", largest=1000)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    # It is taught on what is shipped.
    model = as_trained(load_model(base, "relation", out))
    trained = save_whole(model, base, tmp_path / "whole")
    export(trained, tmp_path / "alone", "relation")

    monkeypatch.setattr(exporting, "SHARED", 1000)
    assert export(trained, out, "relation") < 0.05
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    added = after.pop(MODEL)
    assert after == before
    whole = (tmp_path / "alone" / MODEL).stat().st_size
    tables = LAYERS * (4 * 64 * 64 + 2 * 64 * 128)
    assert len(added) < whole - tables
    same = [difference(trained, folder, "relation") for folder in (out, tmp_path / "alone")]
    assert same[0] == pytest.approx(same[1], abs=0.02)
    # Again, and it is the same.
    again = load_model(base, "relation", out).state_dict()
    for name, tensor in model.state_dict().items():
        step = float(tensor.abs().max()) / 127
        assert torch.allclose(again[name], tensor, atol=step * 0.51), name
    # The reader is trained on: what was added to its layers stands beside the new ones.
    other = load_model(base, "spans")
    for weights in other.mpnet.encoder.layer.parameters():
        weights.data += torch.randn_like(weights) / 20
    export(save_whole(other, base, tmp_path / "other"), out, "spans", largest=1000)
    assert export(trained, out, "relation") < 0.05
    mixed, new = load_model(base, "relation", out).state_dict(), other.state_dict()
    for name, tensor in model.state_dict().items():
        wanted = new[name] if name.startswith("mpnet.") and name in new else tensor
        step = float(wanted.abs().max()) / 127
        assert torch.allclose(mixed[name], wanted, atol=step * 0.51), name


def test_the_command(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["export", str(trained), str(out), "--head", "spans"])
    exporting.main()
    assert capsys.readouterr().out.startswith(f"written: {out}; at most 0.0")
    with pytest.raises(ModelError, match="not a BERT-like model"):
        export(tmp_path, tmp_path / "other", "spans")
