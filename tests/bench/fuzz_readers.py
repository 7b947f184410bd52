"""Feeds damaged deliveries to the readers, guided by coverage: any answer but a result or one InputError is a finding.

Not part of ``make bench``, and atheris is no dependency of nearpass. With atheris installed beside it::

    nice -n 19 python tests/bench/fuzz_readers.py CORPUS -max_total_time=600 -rss_limit_mb=2000 -timeout=20

The folder CORPUS is filled with the texts of the tests and grows with what reaches new code; a finding is written as
``crash-*``, and belongs into ``tests/test_delivered_bytes.py`` once it is mended.
"""

import sys
import warnings
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["nearpass"]):
    from fuzz_outcome import read_delivery

from element_texts import TLE, csv_text, json_text, kvn, xml
from oem_texts import delivered_texts

SEEDS = [TLE, kvn(), xml(), json_text({}, {"NORAD_CAT_ID": 100_000}), csv_text(), *delivered_texts()]


def one_input(data: bytes) -> None:
    """What a fuzzer calls; it raises whatever is neither a result nor an InputError with its file and line."""
    read_delivery(data)


def main() -> None:
    """Write the seeds and run until the time given on the command line is over."""
    warnings.simplefilter("error")
    corpus = Path(sys.argv[1])
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_text(text)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
