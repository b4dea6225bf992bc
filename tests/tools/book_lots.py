"""Lets beancount book a file by itself and prints what is left of each lot and what was gained, by history, as JSON."""

import json
import sys
from collections import defaultdict

from beancount import loader

entries, errors, _ = loader.load_file(sys.argv[1])
if errors:
    print("\n".join(str(e) for e in errors[:5]), file=sys.stderr)
    sys.exit(1)
lots, gains = defaultdict(lambda: defaultdict(int)), defaultdict(int)
for entry in entries:
    for posting in getattr(entry, "postings", None) or []:
        history = posting.account.rsplit(":", 1)[1]
        if posting.cost is not None:
            lots[history][posting.cost.label] += posting.units.number
        elif posting.account.startswith("Income:"):
            gains[history] += posting.units.number


def plain(figure):
    return format(figure.normalize() + 0, "f")


left = {h: {lot: plain(units) for lot, units in held.items() if units} for h, held in lots.items()}
print(json.dumps({"lots": left, "gains": {h: plain(gain) for h, gain in gains.items() if gain}}))
