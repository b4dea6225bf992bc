//! The trial balance at a period's end: debits, credits and balance of each account, from the first entry on.

use std::collections::BTreeMap;

use csv::WriterBuilder;
use desk::domain::journal::AccountCode;
use desk::domain::wide::{Overflow, Wide};

use super::csv::guarded;
use super::input::{Export, ExportError};
use super::numbers::{money, plain};

#[derive(Default)]
struct Sides {
    debits: Wide,
    credits: Wide,
}

impl Sides {
    fn add(&mut self, steps: i64) {
        let side = if steps < 0 { &mut self.credits } else { &mut self.debits };
        *side += Wide::new(i128::from(steps.unsigned_abs()));
    }

    /// Debits, credits, balance.
    fn figures(&self) -> Result<[i64; 3], Overflow> {
        Ok([self.debits.narrow()?, self.credits.narrow()?, (self.debits - self.credits).narrow()?])
    }
}

/// What was summed: section, unit, account; a total has none, and follows all accounts of its section.
type Key = (bool, bool, String, Option<AccountCode>);

pub(super) fn write(export: &Export<'_>) -> Result<Vec<u8>, ExportError> {
    let mut sums = BTreeMap::<Key, Sides>::new();
    for posting in export.until_end().flat_map(|e| &e.draft.postings) {
        let mut add = |units: bool, unit: String, steps: i64| {
            sums.entry((units, false, unit.clone(), Some(posting.account))).or_default().add(steps);
            sums.entry((units, true, unit, None)).or_default().add(steps);
        };
        if !posting.account.is_units() && (posting.holding.is_none() || !posting.amount.is_zero()) {
            add(false, posting.currency.to_string(), posting.amount.raw());
        }
        if let Some(holding) = posting.holding {
            add(true, holding.commodity.to_string(), holding.units.raw());
        }
    }
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(["section", "account", "account_name", "unit", "debits", "credits", "balance"])?;
    for ((units, _, unit, account), sides) in sums {
        let section = if units { "units" } else { "value" };
        let (code, name) = match account {
            Some(code) => (code.to_string(), export.journal.accounts.get(&code).cloned().unwrap_or_default()),
            None => ("total".to_owned(), String::new()),
        };
        let text = |steps: i64| if units { plain(steps) } else { money(steps) }.as_str().to_owned();
        let [debits, credits, balance] = sides.figures()?.map(text);
        writer.write_record([section, &code, &guarded(&name), &guarded(&unit), &debits, &credits, &balance])?;
    }
    writer.into_inner().map_err(|e| ExportError::Csv(e.to_string()))
}
