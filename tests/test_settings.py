"""The table of settings: each explained, each read from its variable, each checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincite.settings import SHIPPED, Settings, SettingsError, describe, load_settings


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without `.env`, and no variable of Pincite's."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PINCITE_{name.upper()}", raising=False)
    return tmp_path


def test_describe_covers_every_setting_and_explains_it() -> None:
    rows = list(describe(load_settings()))
    assert [row.name for row in rows] == list(Settings.model_fields)
    for row in rows:
        assert row.variable == f"PINCITE_{row.name.upper()}"
        assert len(row.help) >= 10, row.name
        assert row.value == row.default, row.name
        assert str(SHIPPED) not in row.value


def test_a_number_has_a_unit_in_its_name_or_beside_it() -> None:
    for row in describe(load_settings()):
        if row.default.isdigit() and row.name != "port":
            assert row.unit, row.name


def test_describe_shows_the_present_value_beside_the_default() -> None:
    rows = {row.name: row for row in describe(load_settings(passage_tokens=100, threshold=0.5))}
    assert (rows["passage_tokens"].value, rows["passage_tokens"].default) == ("100", "220")
    assert (rows["threshold"].value, rows["threshold"].default) == ("0.5", "unset")
    assert rows["corpus"].value == "seeds"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PINCITE_PASSAGE_TOKENS", "31"),
        ("PINCITE_PASSAGE_TOKENS", "401"),
        ("PINCITE_PASSAGE_TOKENS", "many"),
        ("PINCITE_PASSAGE_TOKENS", ""),
        ("PINCITE_ENCODE_BATCH", "0"),
        ("PINCITE_THRESHOLD", "1.1"),
        ("PINCITE_PORT", "65536"),
        ("PINCITE_READ_WINDOWS", "0"),
        ("PINCITE_READ_TOKENS", "1e3"),
        ("PINCITE_KEEP_VERSIONS_DAYS", "365001"),
    ],
)
def test_a_bad_value_names_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert variable in caught.value.hint
    assert variable.removeprefix("PINCITE_").lower() in caught.value.message
    assert caught.value.exit_code == 2


def test_every_number_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        if field.annotation in (int, float | None):
            monkeypatch.setenv(f"PINCITE_{name.upper()}", "-1")
            with pytest.raises(SettingsError, match=name):
                load_settings()
            monkeypatch.delenv(f"PINCITE_{name.upper()}")


def test_arguments_win_over_the_environment_and_the_environment_over_the_file(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / ".env").write_text("PINCITE_PORT=1\nPINCITE_HOST=::1\nPINCITE_INDEX=x\nOTHER=1\n")
    monkeypatch.setenv("PINCITE_PORT", "2")
    monkeypatch.setenv("PINCITE_HOST", "0.0.0.0")
    settings = load_settings(port=3, host=None)
    assert (settings.port, settings.host, settings.index) == (3, "0.0.0.0", Path("x"))


def test_defaults_need_nothing_of_the_environment() -> None:
    settings = load_settings()
    assert settings.index == Path(".pincite")
    assert settings.corpus.is_dir() and Path(settings.reader).is_dir()
    assert settings.threshold is None


def test_settings_are_not_changed_after_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1
