"""Several configs, several seeds, one protocol: table, numbers and picture."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "analysis": ("aggregate", "collapse_step", "overfitting_gap", "summarise"),
        "entries": ("Entry", "load_config", "parse_entries"),
        "plan": ("Options", "Plan", "PlannedRun", "make_plan"),
        "report": ("write_report",),
        "running": ("run_comparison",),
        "tables": ("markdown",),
    },
)
