"""Measures the word-region loss in its bounded form beside the direct one.

    python -m tfgan_contra.training.word_region_benchmark < job.json

As a program it is one form in a process of its own, so that the peak of its memory is
its own too. The job is one line of JSON on standard input; each further line asks for
one step, value and gradients, and is answered by one line of JSON. So whoever asks can
let two forms take turns on a machine that has other work to do.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.losses.cross_modal import word_region_loss
from tfgan_contra.losses.pairs import floored_unit, pair_contrastive_loss, pair_scores
from tfgan_contra.memory import return_freed_memory
from tfgan_contra.training.benchmark import peak_memory_mb

PROGRAM = "tfgan_contra.training.word_region_benchmark"
# XMC-GAN's: 17 word pieces, 16 x 16 regions, BERT's 768 numbers.
WORDS, REGIONS, EMBEDDING = 17, 256, 768
SIZES = (32, 64, 128)
# Above it the direct form wants gigabytes.
LARGEST_DIRECT = 64
COMPARED = (
    "seconds_median",
    "seconds_min",
    "cpu_seconds_median",
    "steps_memory_mb",
    "peak_memory_mb",
)


def direct_loss(regions: Any, words: Any, lengths: Any) -> tf.Tensor:
    """The same loss as the formula states it: every context of every pair is built.

    Args:
        regions: `[B, R, C]`.
        words: `[B, T, C]`.
        lengths: `[B]` int, above 0.
    """
    regions, words = floored_unit(regions), floored_unit(words)
    similarity = tf.einsum("irc,ktc->iktr", regions, words)
    contexts = tf.einsum("iktr,irc->iktc", tf.nn.softmax(5.0 * similarity), regions)
    cosines = tf.reduce_sum(words[None] * floored_unit(contexts), axis=3)
    counted = tf.sequence_mask(lengths, tf.shape(words)[1])
    logits = tf.where(counted, 5.0 * cosines, -1e9)
    rows = 10.0 * tf.reduce_logsumexp(logits, axis=2)
    return pair_contrastive_loss(pair_scores(rows))


FORMS: dict[str, Callable[..., tf.Tensor]] = {
    "chunks": word_region_loss,
    "direct": direct_loss,
}


def benchmark_word_region(
    sizes: Iterable[int] = SIZES, repeats: int = 9
) -> list[dict[str, Any]]:
    """Times both forms, taking turns, each in a fresh process.

    Args:
        sizes: numbers of images, each with its caption.
        repeats: how often each form is run; the median counts.

    Returns:
        One row per size and form: wall-clock and processor seconds, the largest
        resident memory during the steps and what it was before them, in megabytes. A
        row of chunks beside a direct one holds its share of that: `of_direct`.
    """
    rows = []
    for size in sizes:
        forms = [form for form in FORMS if form == "chunks" or size <= LARGEST_DIRECT]
        job = {"images": size, "words": WORDS, "regions": REGIONS, "size": EMBEDDING}
        measured = _taking_turns([{"form": form, **job} for form in forms], repeats)
        if len(measured) == 2:
            chunks, direct = measured
            chunks["of_direct"] = {
                name: round(chunks[name] / direct[name], 3) for name in COMPARED
            }
        rows += measured
    return rows


def answers(job: dict[str, Any], requests: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yields what one step took, for every request.

    Args:
        job: `form`, and the numbers of `images`, `words`, `regions` and `size`.
        requests: anything, once for each step.
    """
    step, inputs = _step(FORMS[job["form"]]), _inputs(job)
    step.get_concrete_function(*inputs)
    before = _restart_peak()
    for _ in requests:
        started, cpu = time.perf_counter(), time.process_time()
        loss = float(step(*inputs)[0])
        yield {
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - cpu,
            "loss": loss,
            "memory_before_mb": before,
            "peak_memory_mb": _status_mb("VmHWM:"),
        }


def main() -> None:
    """Does the job on standard input."""
    return_freed_memory()
    job = json.loads(sys.stdin.readline())
    for answer in answers(job, sys.stdin):
        print(json.dumps(answer), flush=True)


def _taking_turns(jobs: list[dict[str, Any]], repeats: int) -> list[dict[str, Any]]:
    """Returns the figures of jobs whose steps alternate."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(_worker(job)) for job in jobs]
        for ask in workers:
            ask()  # What the first step does only once is not counted.
        turns = [[ask() for ask in workers] for _ in range(repeats)]
    return [
        {**job, **_figures(list(steps))}
        for job, steps in zip(jobs, zip(*turns, strict=True), strict=True)
    ]


@contextlib.contextmanager
def _worker(job: dict[str, Any]) -> Iterator[Callable[[], dict[str, Any]]]:
    """Starts a process; what it yields asks it for a step."""
    with subprocess.Popen(
        [sys.executable, "-m", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def send(line: str) -> None:
            """Writes one line to it."""
            if process.stdin:
                process.stdin.write(line + "\n")
                process.stdin.flush()

        def ask() -> dict[str, Any]:
            """Returns what one step took."""
            send("step")
            answer = process.stdout.readline() if process.stdout else ""
            if not answer:
                raise RuntimeError(f"The process that measures {job} ended")
            return json.loads(answer)

        send(json.dumps(job))
        yield ask


def _figures(steps: list[dict[str, Any]]) -> dict[str, Any]:
    last = steps[-1]
    figures = {"loss": last["loss"]}
    for name in ("seconds", "cpu_seconds"):
        times = [step[name] for step in steps]
        figures[f"{name}_median"] = round(statistics.median(times), 3)
        figures[f"{name}_min"] = round(min(times), 3)
    taken = last["peak_memory_mb"] - last["memory_before_mb"]
    return figures | {
        "peak_memory_mb": round(last["peak_memory_mb"], 1),
        "memory_before_mb": round(last["memory_before_mb"], 1),
        "steps_memory_mb": round(taken, 1),
    }


def _inputs(job: dict[str, Any]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    random = np.random.default_rng(0)
    images, size = job["images"], job["size"]
    regions = random.standard_normal((images, job["regions"], size), np.float32)
    words = random.standard_normal((images, job["words"], size), np.float32)
    lengths = random.integers(1, job["words"] + 1, images)
    return tf.constant(regions), tf.constant(words), tf.constant(lengths)


def _step(loss_of: Callable[..., tf.Tensor]) -> Any:
    @tf.function(autograph=False)
    def step(regions: tf.Tensor, words: tf.Tensor, lengths: tf.Tensor) -> list[Any]:
        """Returns the loss and both gradients."""
        with tf.GradientTape() as tape:
            tape.watch([regions, words])
            loss = loss_of(regions, words, lengths)
        return [loss, *tape.gradient(loss, [regions, words])]

    return step


def _restart_peak() -> float:
    """Forgets the peak so far, where the kernel can; returns the resident megabytes."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status_mb("VmRSS:")


def _status_mb(field: str) -> float:
    """Returns a field of this process's status, elsewhere than on Linux the peak."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return peak_memory_mb()
    found = [line.split() for line in lines if line.startswith(field)]
    return int(found[0][1]) / 1024


if __name__ == "__main__":
    main()
