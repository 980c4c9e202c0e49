from __future__ import annotations

import torch
from transformers import BertConfig, BertModel

from pincite.training.dropout import share_dropout

CONFIG = BertConfig(
    vocab_size=10, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
)


def model(rate: float) -> BertModel:
    torch.manual_seed(0)
    made = BertModel(CONFIG)
    share_dropout(made, rate)
    return made


def test_the_same_units_are_dropped_at_all_places_of_a_text() -> None:
    drop = model(0.5).embeddings.dropout.train()
    dropped = drop(torch.ones(3, 5, 8))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}  # what is kept makes up for the rest
    assert all(torch.equal(text, text[:1].expand_as(text)) for text in dropped)
    assert not torch.equal(dropped[0], dropped[1])


def test_a_model_that_is_not_training_drops_nothing() -> None:
    ids = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        plain = model(0.0).eval()(ids).last_hidden_state
        shared = model(0.5).eval()(ids).last_hidden_state
    torch.testing.assert_close(plain, shared)


def test_every_hidden_dropout_is_replaced_and_those_in_attention_are_not() -> None:
    kinds = [type(module).__name__ for module in model(0.1).modules()]
    assert kinds.count("SharedDropout") == 1 + 2 * CONFIG.num_hidden_layers
    assert kinds.count("Dropout") == CONFIG.num_hidden_layers


def test_no_rate_leaves_the_model_as_it_is() -> None:
    assert not any(type(module).__name__ == "SharedDropout" for module in model(0.0).modules())
