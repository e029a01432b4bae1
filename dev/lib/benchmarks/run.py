"""Run benchmarks; ``dev/benchmark`` calls this with an Odoo and a database.

    python …/run.py PART… [--size quick|default|full] [--seed N] --results DIR -- -d DATABASE ODOO-OPTIONS

The database holds the addon; it is only copied. Each part writes ``<part>.csv``.
"""

import argparse
import importlib
import sys
import time
from pathlib import Path

from measure import Bench, write_csv

from odoo.tools import config

PARTS = (
    "combination_solver",
    "bulk",
    "scaling",
    "on_post",
    "on_post_queries",
    "read_and_plan",
    "customer_credit",
    "workers",
    "queue_workers",  # needs another addon
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", metavar="PART", choices=PARTS, help=", ".join(PARTS))
    parser.add_argument("--size", choices=("quick", "default", "full"), default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, required=True)
    separator = sys.argv.index("--")
    options = parser.parse_args(sys.argv[1:separator])
    config.parse_config(sys.argv[separator + 1 :], setup_logging=True)
    options.results.mkdir(parents=True, exist_ok=True)
    bench = Bench(config["db_name"][0], options.seed, options.size)
    try:
        for part in options.parts:
            start = time.monotonic()
            print(f"{part}:", flush=True)
            write_csv(options.results / f"{part}.csv", importlib.import_module(part).run(bench))
            print(f"  {part}.csv after {time.monotonic() - start:.0f} s", flush=True)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
