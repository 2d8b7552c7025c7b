"""Print the registry: `python -m attnlib.catalogue`."""

from attnlib.catalogue import CATALOGUE


def main() -> None:
    """A line a type: its name, tier, paper and oracle, and below it the test that holds it."""
    widest = max(len(entry.name) for entry in CATALOGUE)
    family = None
    for entry in sorted(CATALOGUE, key=lambda entry: entry.family):
        if entry.family != family:
            family = entry.family
            print(f"\n{family}")
        print(f"  {entry.name:{widest}}  T{entry.tier}  {entry.cite:20}  {entry.oracle}")
        print(f"  {'':{widest}}      {'':20}  {entry.test}")
    print(f"\n{len(CATALOGUE)} attention types")


if __name__ == "__main__":
    main()
