from tfgan_contra.training import benchmark


def test_both_losses_are_timed_in_both_forms(monkeypatch):
    monkeypatch.setattr(benchmark, "LOSS_SIZES", (4,))
    rows = benchmark.benchmark_losses(repeats=2)
    assert {(row["loss"], row["form"]) for row in rows} == {
        ("conditional_contrastive", "xla"),
        ("conditional_contrastive", "plain_graph"),
        ("data_to_data", "xla"),
        ("data_to_data", "plain_graph"),
    }
    for row in rows:
        assert row["rows"] == 4
        assert 0 < row["milliseconds_min"] <= row["milliseconds_median"]
