"""Exporting a text-to-image run by the command."""

import pathlib
import runpy
import types

import pytest
from absl import flags

from tfgan_contra import serving, training
from tfgan_contra.config import Config, ConfigNode
from tfgan_contra.serving import model_card
from tfgan_contra.types import CaptionSpec

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLES = ["a ring; it's red", "two"]


@pytest.fixture(scope="module")
def export_main():
    """`main` of export_saved_model.py; its flags can be defined once per process."""
    return runpy.run_path(str(ROOT / "export/export_saved_model.py"))["main"]


class XMCGANConfig(ConfigNode):
    """A method's config."""


class BertTextEncoder:
    """Stands for an encoder that no graph can hold."""


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What the command asks for, of a run that stands in for a trained one."""
    calls = {}
    config = Config(method=XMCGANConfig())
    config.evaluation.statistics = "batch"
    run = types.SimpleNamespace(
        gan="the model",
        config=config,
        spec=CaptionSpec(32, 3, 8, 6),
        metrics={},
        step=7,
        folder=types.SimpleNamespace(captions=lambda: {"examples": EXAMPLES}),
    )

    def sampler(run, config, encoder, **changes):
        calls["sampler"] = (run.gan, encoder, changes)
        return types.SimpleNamespace(generator="the folded generator")

    def export(generator, spec, base_dir, **options):
        calls["export"] = (generator, spec, base_dir)
        calls.update(options)
        (tmp_path / "assets.extra").mkdir()
        (tmp_path / "assets.extra/model_card.md").write_text("the card")
        return str(tmp_path)

    monkeypatch.setattr(training, "load_run", lambda workdir, checkpoint: run)
    monkeypatch.setattr(training, "caption_sampler_of_run", sampler)
    monkeypatch.setattr(serving, "export_generator", export)
    return calls


def export(export_main, *arguments):
    flags.FLAGS(["export_saved_model", *arguments])
    try:
        export_main([])
    finally:
        flags.FLAGS.unparse_flags()


def test_a_run_is_exported_with_its_text_encoder(
    export_main, calls, caption_model, monkeypatch, tmp_path, capsys
):
    encoder = caption_model.encoder
    monkeypatch.setattr(training, "load_text_encoder", lambda *of_run: encoder)
    export(export_main, f"--workdir={tmp_path}")
    assert calls["sampler"] == ("the model", encoder, {"statistics": "standing"})
    target = f"{tmp_path}/export/xmcgan"
    spec = CaptionSpec(32, 3, 8, 6)
    assert calls["export"] == ("the folded generator", spec, target)
    assert calls["text_encoder"] is encoder
    assert calls["card"].captions == EXAMPLES
    assert (tmp_path / "model_card.md").read_text() == "the card"
    printed = capsys.readouterr().out
    assert "exported step 7 to" in printed and "note:" not in printed


def test_an_encoder_that_stays_outside_is_explained(
    export_main, calls, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(
        training, "load_text_encoder", lambda *of_run: BertTextEncoder()
    )
    export(export_main, f"--workdir={tmp_path}", "--statistics=moving")
    assert calls["sampler"][2] == {"statistics": "moving"}
    (note,) = (s for s in capsys.readouterr().out.splitlines() if s.startswith("note"))
    assert note.startswith("note: BertTextEncoder stays outside of the model: ")
    assert "any server loads this export" in note


def test_the_card_shows_captions_of_the_data(caption_model):
    card = serving.ModelCard(name="xmcgan", captions=EXAMPLES)
    generator, encoder, spec = caption_model
    module = serving.serving_module(generator, spec, text_encoder=encoder)
    known = model_card.facts(card, module.facts())
    text = model_card.render(card, known, [], 0)
    request = "--caption='a ring; it'\"'\"'s red'"
    assert f"export/request.py --model_name=xmcgan {request}\n" in text
