"""How far each recipe is from transformers' own layer: python -m course.recipes [--store]"""

import csv
import sys
from pathlib import Path

from course.recipes import RECIPES
from course.recipes.theirs import difference

TABLE = Path(__file__).parents[2] / "book" / "models_of_today.csv"


def main(arguments: list[str]) -> int:
    rows = []
    for recipe in RECIPES:
        away = difference(recipe)
        rows.append((recipe.model, recipe.layer, " · ".join(recipe.types), f"{away:.0e}"))
        print(f"{recipe.model:12} {recipe.layer:24} {away:8.0e}", flush=True)
    if "--store" in arguments:
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("model", "layers", "types of the zoo", "largest difference"))
            writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
