//! The running sums that a closing record covers, and their JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::values::{decimal, steps, text};

/// What balances and lots are kept by, in the order in which they are sorted and written.
const BALANCE: &[&str] = &["account", "currency", "commodity", "strategy"];
const LOT: &[&str] = &["commodity", "account", "lot", "strategy", "currency"];
/// Strategies are sorted in this order.
const STRATEGIES: &[&str] = &["", "open", "mid", "close", "external"];

/// Amount and units by the fields that they are kept by.
type Sum = BTreeMap<Vec<String>, (i128, i128)>;

/// Sums of all postings so far.
#[derive(Default)]
pub(crate) struct Sums {
    balances: Sum,
    lots: Sum,
    /// What each lot of a contract was last settled at.
    references: BTreeMap<String, i64>,
}

fn add(sums: &mut Sum, names: &[&str], p: &Value) {
    let field = |name: &&str| match *name {
        "strategy" => STRATEGIES.iter().position(|s| *s == text(p, "strategy")).unwrap_or(9).to_string(),
        name => text(p, name).to_owned(),
    };
    let sum = sums.entry(names.iter().map(field).collect()).or_default();
    let more = |of: i128, field| of.saturating_add(steps(text(p, field)).unwrap_or(0).into());
    *sum = (more(sum.0, "amount"), more(sum.1, "units"));
}

/// A row of the fields that say something.
fn row(names: &[&str], key: &[String]) -> Map<String, Value> {
    let said = |(name, value): (&&str, &String)| {
        let strategy = || STRATEGIES.get(value.parse::<usize>().ok()?).copied();
        let value = if *name == "strategy" { strategy().unwrap_or("?") } else { value };
        (!value.is_empty()).then(|| ((*name).to_owned(), value.into()))
    };
    names.iter().zip(key).filter_map(said).collect()
}

fn number(sum: i128, least: usize) -> Value {
    decimal(i64::try_from(sum).unwrap_or(i64::MAX), least).into()
}

impl Sums {
    /// Adds an entry.
    pub(crate) fn add(&mut self, entry: &Value) {
        let postings = entry["postings"].as_array().map_or(&[][..], Vec::as_slice);
        for p in postings {
            add(&mut self.balances, BALANCE, p);
            if p["lot"].is_string() && p["units"].is_string() && !text(p, "account").starts_with('9') {
                add(&mut self.lots, LOT, p);
            }
        }
        self.lots.retain(|_, sum| *sum != (0, 0));
        let Some(price) = steps(text(&entry["facts"], "price")) else { return };
        let of = [postings.first().map_or("", |p| text(p, "instrument")), "1330"].map(str::to_owned);
        let settled = self.lots.keys().filter(|key| text(entry, "kind") == "variation" && key.starts_with(&of));
        self.references.extend(settled.filter_map(|key| Some((key.get(2)?.clone(), price))));
        for p in postings.iter().filter(|p| text(p, "account") == "1330") {
            self.references.entry(text(p, "lot").to_owned()).or_insert(price);
        }
    }

    /// The closing balances as rows; those of nothing left out.
    pub(crate) fn balances(&self) -> Value {
        let open = self.balances.iter().filter(|(_, sums)| **sums != (0, 0));
        let line = |(key, (amount, units)): (&Vec<String>, &(i128, i128))| {
            let mut row = row(BALANCE, key);
            row.insert("amount".to_owned(), number(*amount, 2));
            if row.contains_key("commodity") {
                row.insert("units".to_owned(), number(*units, 0));
            }
            row
        };
        open.map(line).collect()
    }

    /// The closing lots as rows.
    pub(crate) fn lots(&self) -> Value {
        let line = |(key, (cost, units)): (&Vec<String>, &(i128, i128))| {
            let mut row = row(LOT, key);
            row.insert("units".to_owned(), number(*units, 0));
            row.insert("cost".to_owned(), number(*cost, 2));
            if let Some(reference) = row.get("lot").and_then(|lot| self.references.get(lot.as_str()?)) {
                row.insert("reference".to_owned(), number((*reference).into(), 2));
            }
            row
        };
        self.lots.iter().map(line).collect()
    }
}
