"""Reads an OFX file with ofxtools and with ofxparse and prints what each of them makes of it, as JSON: per statement the
cash that transactions moved, AVAILCASH, the units moved and the units held by security, the ids."""

import json
import sys
from collections import defaultdict
from decimal import Decimal

from ofxparse import OfxParser
from ofxtools.Parser import OFXTree


def plain(figure):
    return format(figure.normalize() + 0, "f")


def by_ofxtools(path):
    tree = OFXTree()
    tree.parse(path)
    ofx = tree.convert()
    statements = {}
    for statement in ofx.statements:
        cash, units, ids = Decimal(0), defaultdict(Decimal), []
        for transaction in statement.transactions:
            ids.append(transaction.fitid)
            total = getattr(transaction, "total", None)
            moved = getattr(transaction, "trnamt", None) if total is None else total
            cash += moved or 0
            security = getattr(transaction, "uniqueid", None)
            if type(transaction).__name__ == "SPLIT":
                units[security] += transaction.newunits - transaction.oldunits
            elif getattr(transaction, "units", None) is not None:
                units[security] += transaction.units
        held = defaultdict(Decimal)
        for position in statement.positions or []:
            held[position.uniqueid] += position.units
        statements[statement.account.acctid] = {
            "cash": plain(cash),
            "available": plain(statement.balances.availcash),
            "moved": {k: plain(v) for k, v in sorted(units.items()) if v},
            "held": {k: plain(v) for k, v in sorted(held.items()) if v},
            "ids": ids,
        }
    return {"statements": statements, "securities": sorted(s.uniqueid for s in ofx.securities)}


def by_ofxparse(path):
    with open(path, "rb") as file:
        ofx = OfxParser.parse(file, fail_fast=True)
    return {
        account.account_id: {
            "transactions": len(account.statement.transactions),
            "positions": len(account.statement.positions),
            "available": plain(Decimal(account.statement.available_cash)),
        }
        for account in ofx.accounts
    }


print(json.dumps({"ofxtools": by_ofxtools(sys.argv[1]), "ofxparse": by_ofxparse(sys.argv[1])}))
