"""An archive and its register under attack: bytes changed, files removed, put back, unsigned; what was missed."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from attacks import ATTACKS, missed, signed_workspace

TRIALS = {"change a byte": 1000, "remove a file": 50, "roll back": 20, "strip a signature": 20}


def main() -> None:
    """One row a kind of attack: how many, how many were not found, and how many without the file's name."""
    with tempfile.TemporaryDirectory() as folder:
        made = signed_workspace(Path(folder) / "w", cycles=6)
        for kind, trials in TRIALS.items():
            found = missed(made, ATTACKS[kind], trials, Path(folder) / "spoilt", seed=14)
            print(f"{kind:<24} {trials:5d} times, not found with the file named {len(found):5d}   aim: 0", flush=True)
            for line in found[:5]:
                print(f"  {line}")


if __name__ == "__main__":
    main()
