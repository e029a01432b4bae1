"""The figures that have a target, from the CSV files of a folder: ``summary.py DIR``. Needs no Odoo."""

import csv
import sys
from pathlib import Path


def read_rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def summarise_bulk(rows):
    cpu = {row["way"]: float(row["cpu_s"]) for row in rows}
    yield "bulk: ours to native floor", cpu["ours"] / cpu["native floor"], "<=", 1.0
    yield "bulk: ours, quiet to native floor", cpu["ours, quiet"] / cpu["native floor"], "<=", 0.4
    yield "bulk: naive loop to ours", cpu["naive loop"] / cpu["ours"], ">=", 8
    yield "bulk: naive loop to ours, quiet", cpu["naive loop"] / cpu["ours, quiet"], ">=", 20


def summarise_scaling(rows):
    for kind in ("many partners", "one partner"):
        largest = max((row for row in rows if row["kind"] == kind), key=lambda row: int(row["size"]))
        name = f"scaling: an item of {largest['size']} to the cheapest size, {kind}"
        yield name, float(largest["each_to_cheapest"]), "<=", 1.2


def summarise_on_post(rows):
    for row in rows:
        if row["way"] == "with allocation":
            name = f"on post: {row['payments']} payments, {row['closed_items']} closed, {row['open_items']} open"
            yield name, float(row["cpu_to_without"]), "<=", 1.15


def summarise_read_and_plan(rows):
    row = next(row for row in rows if row["work"] == "read and plan")
    millions = int(row["open_items"]) / 1e6
    yield f"read and plan {millions:g} million items: seconds", float(row["wall_s"]), "<", 15 * millions
    yield f"read and plan {millions:g} million items: MB", float(row["peak_mb"]), "<", 2_000


def summarise_customer_credit(rows):
    cpu = {(row["part"], row["way"]): float(row["cpu_s"]) for row in rows if row["part"] != "history"}
    naive = cpu["balances", "naive loop"] / cpu["balances", "ours"]
    yield "customer credit, everybody's balance: naive loop to ours", naive, ">=", 20
    floor = cpu["spending", "ours"] / cpu["spending", "native floor"]
    yield "customer credit, an order paid: ours to native floor", floor, "<=", 1.5


def summarise_workers(rows):
    for row in rows:
        if int(row["workers"]) == 2:
            yield f"two workers to one, {row['way']}", float(row["speed_to_one_worker"]), ">=", 1.7


SUMMARIES = {
    "bulk": summarise_bulk,
    "scaling": summarise_scaling,
    "on_post": summarise_on_post,
    "read_and_plan": summarise_read_and_plan,
    "customer_credit": summarise_customer_credit,
    "workers": summarise_workers,
    "queue_workers": summarise_workers,
}
MEETS = {"<=": float.__le__, "<": float.__lt__, ">=": float.__ge__}


def main(folder):
    lines = []
    for part, summarise in SUMMARIES.items():
        path = folder / f"{part}.csv"
        for name, value, relation, target in summarise(read_rows(path)) if path.exists() else ():
            met = MEETS[relation](value, float(target))
            lines.append([name, f"{value:.2f}", f"{relation} {target:g}", "met" if met else "missed"])
            print(f"{name:<60} {value:>9.2f}   {relation} {target:<8g} {'met' if met else 'MISSED'}")
    with (folder / "summary.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([["figure", "value", "target", "verdict"], *lines])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
