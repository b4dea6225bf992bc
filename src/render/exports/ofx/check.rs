//! Our own checker: what no reader of OFX catches. It reads the file alone, and the opening before it, and knows nothing of
//! how the file was made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use desk::domain::wide::{Wide, widen};
use serde::Serialize;

use super::opening::Opening;
use super::statement::{Position, Statement, Transaction, statement};
use super::xml::{Element, parse};
use crate::render::exports::numbers::money;

/// The longest id of a transaction, and of an account.
const LONGEST: [usize; 2] = [32, 22];

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A name for programs that never changes.
    pub code: &'static str,
    /// The transaction, security or account.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What was read, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Statements.
    pub statements: usize,
    /// Transactions.
    pub transactions: usize,
    /// Positions.
    pub positions: usize,
    /// Securities in the list.
    pub securities: usize,
    /// What is wrong, in the order of the file.
    pub faults: Vec<Fault>,
}

/// Checks a file that begins with what was held and owned before it.
#[must_use]
pub fn check(text: &str, opening: &Opening) -> Checked {
    let mut checker = Checker { found: Checked::default(), listed: BTreeMap::new(), ids: BTreeMap::new() };
    match parse(text) {
        Ok(root) => checker.file(&root, opening),
        Err(wrong) => checker.fault("not_ofx", "the file", wrong),
    }
    checker.found
}

struct Checker {
    found: Checked,
    /// The securities, and whether no principal moves when one is traded.
    listed: BTreeMap<String, bool>,
    /// Cash and units moved by each transaction.
    ids: BTreeMap<String, (i64, i64)>,
}

fn steps(steps: i64) -> String {
    money(steps).as_str().to_owned()
}

fn sum(steps: impl Iterator<Item = i64>) -> Wide {
    steps.fold(Wide::ZERO, |sum, s| sum + Wide::new(widen(s)))
}

fn shown(sum: Wide) -> String {
    sum.narrow().map_or_else(|_| "a sum beyond 64 bits".to_owned(), steps)
}

/// Whether units at a price are worth that value: half to even at 10⁻⁸, one step of which parts of a fill may be off.
fn is_worth(units: i64, price: Wide, value: Wide) -> bool {
    let product = price.times(units).and_then(|p| p.half_even(1_000_000_000_000));
    product.is_some_and(|p| (p - value).raw().unsigned_abs() <= 1)
}

impl Checker {
    fn fault(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.found.faults.push(Fault { code, place: place.to_owned(), message: message.into() });
    }

    fn file(&mut self, root: &Element, opening: &Opening) {
        self.securities(root);
        let mut held: BTreeMap<(String, bool), Wide> =
            opening.units.iter().map(|(key, units)| (key.clone(), Wide::new(widen(*units)))).collect();
        let mut listed = BTreeMap::new();
        let mut accounts = BTreeSet::new();
        for element in root.all("INVSTMTRS") {
            match statement(element) {
                Ok(read) => {
                    if !accounts.insert((read.account.clone(), String::new()))
                        | !accounts.insert((String::new(), read.currency.clone()))
                    {
                        self.fault("statement_twice", &read.account, "account or currency has two statements");
                    }
                    self.statement(&read, &mut held, &mut listed, opening);
                }
                Err((place, wrong)) => self.fault("unreadable", &place, wrong),
            }
        }
        if self.found.statements == 0 && self.found.faults.is_empty() {
            self.fault("unreadable", "the file", "has no investment statement");
        }
        let keys: BTreeSet<&(String, bool)> = held.keys().chain(listed.keys()).collect();
        for (security, short) in keys {
            let key = (security.clone(), *short);
            let (moved, told) = (held.get(&key).copied(), listed.get(&key).copied());
            let (moved, told) = (moved.unwrap_or_default(), told.unwrap_or_default());
            if moved != told {
                let message = format!("the position list has {}, the transactions make {}", shown(told), shown(moved));
                self.fault("position_differs", security, message);
            }
        }
    }

    fn securities(&mut self, root: &Element) {
        let Some(list) = root.find("SECLIST") else {
            return self.fault("unreadable", "the file", "SECLIST is missing");
        };
        for info in &list.children {
            let id = info.text("UNIQUEID").unwrap_or_default().to_owned();
            let contract = info.text("MEMO").is_some_and(|m| m.starts_with("FUTURE") || m.starts_with("PERPETUAL"));
            self.found.securities = self.found.securities.saturating_add(1);
            if self.listed.insert(id.clone(), contract).is_some() {
                self.fault("listed_twice", &id, "stands in the security list twice");
            }
        }
    }

    fn statement(
        &mut self,
        read: &Statement,
        held: &mut BTreeMap<(String, bool), Wide>,
        listed: &mut BTreeMap<(String, bool), Wide>,
        opening: &Opening,
    ) {
        self.found.statements = self.found.statements.saturating_add(1);
        if read.account.len() > LONGEST[1] {
            self.fault("long_id", &read.account, "ACCTID is longer than 22 characters");
        }
        if read.end < read.start {
            self.fault("wrong_date", &read.account, "DTEND lies before DTSTART");
        }
        let mut bank = false;
        for transaction in &read.transactions {
            bank |= transaction.element == "INVBANKTRAN";
            if bank && transaction.element != "INVBANKTRAN" {
                self.fault(
                    "wrong_order",
                    &transaction.id,
                    "stands after a bank transaction; libofx does not read that",
                );
            }
            self.transaction(transaction, read, held);
        }
        for position in &read.positions {
            self.position(position, listed);
        }
        let before = opening.cash.get(&read.currency).copied().unwrap_or(0);
        let cash = sum(read.transactions.iter().map(|t| t.total).chain([before]));
        if cash != Wide::new(widen(read.cash)) {
            let message = format!("AVAILCASH is {}, the transactions make {}", steps(read.cash), shown(cash));
            self.fault("cash_differs", &read.account, message);
        }
        let balances = sum(read.balances.iter().copied());
        if balances != Wide::new(widen(read.cash)) {
            let message = format!("AVAILCASH is {}, the balances sum to {}", steps(read.cash), shown(balances));
            self.fault("balances_differ", &read.account, message);
        }
        let shorts = sum(read.positions.iter().filter(|p| p.units < 0).map(|p| p.value));
        if shorts != Wide::new(widen(read.shorts)) {
            let message = format!("SHORTBALANCE is {}, the shorts are worth {}", steps(read.shorts), shown(shorts));
            self.fault("short_balance_differs", &read.account, message);
        }
    }

    fn transaction(&mut self, t: &Transaction, read: &Statement, held: &mut BTreeMap<(String, bool), Wide>) {
        self.found.transactions = self.found.transactions.saturating_add(1);
        if t.id.len() > LONGEST[0] {
            self.fault("long_id", &t.id, "FITID is longer than 32 characters");
        }
        let moved = t.units.1.saturating_sub(t.units.0);
        if self.ids.insert(t.id.clone(), (t.total, moved)).is_some() {
            self.fault("duplicate_id", &t.id, "two transactions have this FITID");
        }
        let settles = t.settles.as_ref().and_then(|s| s.get(..8));
        if t.at > read.end || settles.is_some_and(|s| Some(s) < t.at.get(..8)) {
            self.fault("wrong_date", &t.id, "is later than the statement, or settles before it is traded");
        }
        if let Some(security) = &t.security {
            if !self.listed.contains_key(security) {
                self.fault("unlisted", &t.id, format!("{security} is missing in the security list"));
            }
            *held.entry((security.clone(), t.short)).or_default() += Wide::new(widen(moved));
        }
        self.signs(t);
        // What an earlier file holds cannot be looked at.
        if let Some(undone) = &t.reverses
            && let Some(was) = self.ids.get(undone)
            && *was != (t.total.saturating_neg(), moved.saturating_neg())
        {
            let message = format!("reverses {undone} with other units or another total");
            self.fault("wrong_reversal", &t.id, message);
        }
        if matches!(t.element.as_str(), "BUYSTOCK" | "SELLSTOCK" | "BUYOTHER" | "SELLOTHER") {
            let contract = t.security.as_ref().and_then(|s| self.listed.get(s)).copied().unwrap_or(false);
            let net = sum([t.total, t.commission, t.fees].into_iter());
            let right = if contract { net == Wide::ZERO } else { is_worth(t.units.1.saturating_neg(), t.price, net) };
            if !right {
                let message = if contract {
                    "TOTAL is not -COMMISSION - FEES; no principal moves with a contract"
                } else {
                    "TOTAL is not -UNITS x UNITPRICE - COMMISSION - FEES"
                };
                self.fault("wrong_total", &t.id, message);
            }
        }
        if let Some((new, old)) = t.ratio {
            let right = Wide::product(t.units.0, new) == Wide::product(t.units.1, old);
            // `held` has the move already.
            let key = (t.security.clone().unwrap_or_default(), t.short);
            let after = held.get(&key).copied().unwrap_or_default();
            if !right || after != Wide::new(widen(t.units.1)) {
                self.fault(
                    "wrong_split",
                    &t.id,
                    "OLDUNITS, NEWUNITS, NUMERATOR and DENOMINATOR do not agree with what is held",
                );
            }
        }
    }

    /// The sign of units and cash; a reversal has the other one.
    fn signs(&mut self, t: &Transaction) {
        let turned = if t.reverses.is_some() { -1 } else { 1 };
        let (units, cash) = (t.units.1.signum().saturating_mul(turned), t.total.signum().saturating_mul(turned));
        let shorts = matches!(t.kind.as_str(), "SELLSHORT" | "BUYTOCOVER" | "SHORT");
        let right = match t.element.as_str() {
            "BUYSTOCK" => units > 0 && shorts == t.short,
            "SELLSTOCK" => units < 0 && shorts == t.short,
            "BUYOTHER" => units > 0,
            "SELLOTHER" => units < 0,
            "TRANSFER" => units != 0 && shorts == t.short,
            "SPLIT" => t.units.0.signum().saturating_mul(t.units.1.signum()) > 0,
            "INCOME" => cash > 0,
            "INVEXPENSE" | "MARGININTEREST" => cash < 0,
            _ => t.total != 0,
        };
        if !right {
            self.fault(
                "wrong_sign",
                &t.id,
                format!("{}: units or cash have the wrong sign, or the wrong side", t.element),
            );
        }
    }

    fn position(&mut self, p: &Position, listed: &mut BTreeMap<(String, bool), Wide>) {
        self.found.positions = self.found.positions.saturating_add(1);
        let contract = self.listed.get(&p.security).copied();
        if contract.is_none() {
            self.fault("unlisted", &p.security, "is held and missing in the security list");
        }
        if listed.insert((p.security.clone(), p.held_in == "SHORT"), Wide::new(widen(p.units))).is_some() {
            self.fault("position_twice", &p.security, "stands in the position list twice");
        }
        let short = p.units < 0;
        // A contract is held in one account whichever its sign.
        if p.units == 0 || (p.side == "SHORT") != short || (p.held_in == "SHORT" && !short) {
            self.fault("wrong_side", &p.security, "units are negative for shorts alone, and never nothing");
        }
        if contract == Some(false) && !is_worth(p.units, p.price, Wide::new(widen(p.value))) {
            self.fault("wrong_value", &p.security, "MKTVAL is not UNITS x UNITPRICE");
        }
    }
}
