"""Captions that no file could hold are refused before anything is drawn."""

import pytest
from training.small_captions import caption_config

from tfgan_contra.errors import UsageError
from tfgan_contra.text import TextTransformer, Tokenizer, TrainedTextEncoder
from tfgan_contra.training import caption_generation
from tfgan_contra.training.runs import RunFolder


def test_a_caption_that_is_no_utf_8_is_one_line(tmp_path, monkeypatch):
    tokenizer = Tokenizer(("a", "red", "star"), 5)
    transformer = TextTransformer(
        num_ids=tokenizer.num_ids, max_words=5, dim=8, num_heads=2, num_layers=1
    )
    encoder = TrainedTextEncoder(tokenizer, transformer)
    monkeypatch.setattr(RunFolder, "config", lambda _: caption_config(tmp_path))
    monkeypatch.setattr(caption_generation, "load_text_encoder", lambda *_: encoder)
    # What Python makes of the argument $'a red \xff star'.
    captions = ["a star", b"a red \xff star".decode("utf-8", "surrogateescape")]
    output = tmp_path / "pictures"
    with pytest.raises(UsageError) as error:
        caption_generation.draw_captions(str(tmp_path), output, captions)
    assert str(error.value) == (
        r"caption 2 of 2 must be text in UTF-8. Received: 'a red \udcff star'"
    )
    assert not output.exists()
