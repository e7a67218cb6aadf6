"""The metrics as the latents are drawn closer and closer to their centre."""

from typing import Any

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.subject import Subject


class TruncationSweep(Analysis):
    """Trades variety for quality: precision and recall over truncations.

    A truncation t keeps the central fraction t of every latent's distribution (see
    `row_noise.row_latents`), 1 is none. The evaluations share labels, seeds, real
    images and extractor, so a latent moves smoothly as t falls.

    Sources: Brock et al., ICLR 2019 (arXiv 1809.11096); Kynkaanniemi et al., NeurIPS
    2019 (arXiv 1904.06991) for the curve.
    """

    def measure(self, subject: Subject) -> Findings:
        """Evaluates at every truncation, from the smallest."""
        evaluator = subject.evaluator_with(num_images=self.config.num_images)
        truncations = sorted(set(self.config.truncations))
        rows = []
        protocol: dict[str, Any] = {}
        for truncation in truncations:
            sampler = subject.sampler(truncation=truncation)
            evaluation = evaluator.evaluate(
                sampler, seed=subject.seed, conditional=subject.conditional
            )
            rows.append({"truncation": truncation, **evaluation["metrics"]})
            protocol = evaluation["protocol"] | subject.protocol(sampler)
        protocol["truncation"] = truncations
        headline = evaluator.headline.name
        best = min(rows, key=lambda row: row[headline])["truncation"]
        results = {f"best_truncation_by_{headline}": best, "sweep": rows}
        return Findings(results, protocol, _figure(rows, headline))


def _figure(rows: list[dict[str, float]], headline: str) -> Any:
    figure = plots.new_figure(13, 4.3, "truncation of the latents")
    curve, shares, distance = figure.subplots(1, 3)
    _trace(curve, rows, "recall", "precision")
    curve.set_title("precision and recall, marked by truncation")
    at = [row["truncation"] for row in rows]
    for name in ("precision", "recall", "density", "coverage"):
        shares.plot(at, [row[name] for row in rows], "o-", label=name)
    shares.set(title="higher is better", xlabel="truncation", ylabel="value")
    shares.legend()
    values = [row[headline] for row in rows]
    distance.plot(at, values, "o-", color=plots.FAKE_COLOUR)
    distance.set(title="lower is better", xlabel="truncation", ylabel=headline)
    distance.set_ylim(0, None)
    return figure


def _trace(axes: Any, rows: list[dict[str, float]], x: str, y: str) -> None:
    axes.plot(
        [row[x] for row in rows],
        [row[y] for row in rows],
        "o-",
        color=plots.REAL_COLOUR,
    )
    for row in rows:
        axes.annotate(
            f"{row['truncation']:g}",
            (row[x], row[y]),
            xytext=(5, 5),
            textcoords="offset points",
        )
    axes.set(xlabel=x, ylabel=y, xlim=(-0.03, 1.08), ylim=(-0.03, 1.08))
