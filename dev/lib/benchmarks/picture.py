"""Draw the results: ``picture.py DIR`` reads the CSV files of a folder and writes ``benchmark.svg`` there.

Needs matplotlib (dev/requirements/benchmark.txt), and no Odoo.
"""

import sys
from pathlib import Path

import matplotlib as mpl
from summary import read_rows

mpl.use("svg")
mpl.rcParams.update(
    {"svg.hashsalt": "benchmark", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False}
    | {"axes.spines.right": False, "axes.titlesize": 10, "axes.titleweight": "bold"}
)
from matplotlib import pyplot as plt  # noqa: E402

OURS, OTHERS, TARGET = "#714B67", "#9AA5B1", "#C0392B"


def draw_bars(axes, labels, values, colours, unit):
    bars = axes.barh(labels, values, color=colours)
    axes.bar_label(bars, [f"{value:.2f}{unit}" for value in values], padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)


def draw_bulk(axes, rows):
    ratios = [float(row["cpu_to_native_floor"]) for row in rows]
    ways = [row["way"] for row in rows]
    draw_bars(axes, ways, ratios, [OURS if way.startswith("ours") else OTHERS for way in ways], "×")
    axes.axvline(1, color=TARGET, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(min(ratios) / 2, max(ratios) * 3)
    axes.set_title(f"Bulk: processor time to native floor ({rows[0]['open_items']} open items)")


def draw_scaling(axes, rows):
    for kind, marker in (("many partners", "o"), ("one partner", "s")):
        own = [row for row in rows if row["kind"] == kind]
        axes.plot(
            [int(row["size"]) for row in own],
            [float(row["cpu_ms_each"]) for row in own],
            marker=marker,
            color=OURS if kind == "many partners" else OTHERS,
            label=f"open items of {kind}",
        )
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms for each open item")
    axes.legend(frameon=False)
    axes.set_title("Scaling: processor time of an item, quiet")


def draw_on_post(axes, rows):
    rows = [row for row in rows if row["way"] == "with allocation"]
    labels = [f"{row['payments']} posted; {row['closed_items']} closed, {row['open_items']} open" for row in rows]
    ratios = [float(row["cpu_to_without"]) for row in rows]
    draw_bars(axes, labels, ratios, OURS, "×")
    axes.axvline(1.15, color=TARGET, linewidth=0.8)
    axes.set_title("On post, nothing to allocate: to posting alone")


def draw_read_and_plan(axes, rows):
    labels = [f"{row['work']}, {row['peak_mb']} MB" for row in rows]
    draw_bars(axes, labels, [float(row["wall_s"]) for row in rows], OURS, " s")
    axes.set_title(f"{int(rows[0]['open_items']):,} open items of {int(rows[0]['partners']):,} partners")


def draw_workers(axes, rows):
    labels = [f"{row['workers']} worker{'s' * (row['workers'] != '1')}" for row in rows]
    draw_bars(axes, labels, [float(row["speed_to_one_worker"]) for row in rows], OURS, "×")
    axes.axvline(1.7, color=TARGET, linewidth=0.8)
    axes.set_title(f"A run ({rows[0]['way']}): speed to that of one worker")


def draw_combination_solver(axes, rows):
    worst = sorted(rows, key=lambda row: float(row["worst_ms"]))[-8:]
    draw_bars(axes, [row["problem"] for row in worst], [float(row["worst_ms"]) for row in worst], OURS, " ms")
    axes.set_title("Combinations: the slowest kinds, worst case")


DRAWINGS = {
    "bulk": draw_bulk,
    "scaling": draw_scaling,
    "on_post": draw_on_post,
    "read_and_plan": draw_read_and_plan,
    "workers": draw_workers,
    "queue_workers": draw_workers,
    "combination_solver": draw_combination_solver,
}


def main(folder):
    results = {name: read_rows(folder / f"{name}.csv") for name in DRAWINGS if (folder / f"{name}.csv").exists()}
    lines = (len(results) + 1) // 2
    figure, axes = plt.subplots(lines, 2, figsize=(13, 3.6 * lines), layout="constrained", squeeze=False)
    for place, (name, rows) in zip(axes.flat, results.items(), strict=False):
        DRAWINGS[name](place, rows)
    for place in axes.flat[len(results) :]:
        place.set_axis_off()
    figure.savefig(folder / "benchmark.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
