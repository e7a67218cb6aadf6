import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.losses import word_region_loss
from tfgan_contra.training import word_region_benchmark

SIZES = {"images": 3, "words": 4, "regions": 5, "size": 6}


def test_the_direct_form_is_the_same_loss():
    random = np.random.default_rng(0)
    regions, words = (
        tf.constant(random.standard_normal(shape), tf.float32)
        for shape in ((3, 5, 6), (3, 4, 6))
    )
    lengths = [2, 4, 1]
    np.testing.assert_allclose(
        word_region_benchmark.direct_loss(regions, words, lengths),
        word_region_loss(regions, words, lengths),
        rtol=1e-6,
    )


def test_every_request_is_answered_by_the_figures_of_a_step():
    losses = []
    for form in word_region_benchmark.FORMS:
        answers = word_region_benchmark.answers({"form": form, **SIZES}, "abc")
        first, *others = answers
        assert len(others) == 2
        for answer in others:
            assert 0 < answer["seconds"]
            assert 0 < answer["memory_before_mb"] <= answer["peak_memory_mb"]
        losses.append(first["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_forms_take_turns_and_are_compared(monkeypatch):
    asked = []

    def worker(job):
        class Worker:
            def __enter__(self):
                return lambda: asked.append(job["form"]) or step(job["form"])

            def __exit__(self, *_):
                asked.append(f"end of {job['form']}")

        return Worker()

    def step(form):
        cost = {"chunks": 1.0, "direct": 4.0}[form] * len(asked)
        return {
            "seconds": cost,
            "cpu_seconds": cost,
            "loss": 2.5,
            "memory_before_mb": 100.0,
            "peak_memory_mb": 100.0 + cost,
        }

    monkeypatch.setattr(word_region_benchmark, "_worker", worker)
    rows = word_region_benchmark.benchmark_word_region(sizes=(64, 128), repeats=3)
    both = ["chunks", "direct"]
    assert asked == [*both * 4, "end of direct", "end of chunks"] + ["chunks"] * 4 + [
        "end of chunks"
    ]
    forms = [(row["images"], row["form"]) for row in rows]
    assert forms == [(64, "chunks"), (64, "direct"), (128, "chunks")]
    # The turns' places count from 1: 3, 5 and 7 for chunks, 4, 6 and 8 for direct.
    assert rows[0]["seconds_median"] == 5.0
    assert rows[1]["seconds_median"] == 24.0
    assert rows[0]["of_direct"]["seconds_median"] == pytest.approx(5 / 24, abs=1e-3)
    assert rows[0]["of_direct"]["steps_memory_mb"] == pytest.approx(7 / 32, abs=1e-3)
    assert "of_direct" not in rows[2]


@pytest.mark.slow
def test_each_form_has_a_process_of_its_own(monkeypatch):
    for name, size in zip(("WORDS", "REGIONS", "EMBEDDING"), (4, 5, 6), strict=True):
        monkeypatch.setattr(word_region_benchmark, name, size)
    rows = word_region_benchmark.benchmark_word_region(sizes=(3,), repeats=2)
    assert [row["form"] for row in rows] == list(word_region_benchmark.FORMS)
    np.testing.assert_allclose(*(row["loss"] for row in rows), rtol=1e-6)
    with word_region_benchmark._worker({"form": "none", **SIZES}) as ask:
        with pytest.raises(RuntimeError, match="'none'.* ended"):
            ask()
