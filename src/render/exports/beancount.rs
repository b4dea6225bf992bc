//! beancount: booking STRICT, tolerance zero, lots at `{unit cost, date, "lot"}`, assertions after each session. Units
//! accounts are left out, for beancount knows no counterpart of units.

use std::fmt::Write as _;

use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact, Posting};
use desk::domain::symbol::Currency;
use desk::domain::time::Date;
use desk::domain::wide::Wide;

use super::balances::{Balances, Held};
use super::input::{Export, ExportError};
use super::lots::{Leg, Lots, Rest};
use super::names::{Commodities, ROUNDING, path};
use super::numbers::{COST_PLACES, WEIGHT_PLACES, decimal, money, plain};

struct File<'a> {
    names: &'a Commodities,
    lots: Lots,
    balances: Balances,
    rest: Rest,
    text: String,
}

pub(super) fn write(export: &Export<'_>) -> Result<String, ExportError> {
    let names = Commodities::of(export.journal.base_currency, export.until_end());
    let mut file = File {
        names: &names,
        lots: Lots::default(),
        balances: Balances::default(),
        rest: Rest::new(),
        text: String::new(),
    };
    let eve = export.period.from.plus(-1);
    file.head(export, eve);
    file.openings(export, eve)?;
    for (date, entries) in export.by_day() {
        for entry in entries {
            if entry.draft.kind.is_memo() {
                file.memo(date, entry);
            } else {
                file.entry(date, entry)?;
            }
        }
        file.assertions(date.plus(1))?;
    }
    file.text.truncate(file.text.trim_end().len());
    file.text.push('\n');
    Ok(file.text)
}

/// A text between quotation marks.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('"', "\\\""))
}

impl File<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, export: &Export<'_>, eve: Date) {
        self.line(&format!("option \"title\" {}", quoted(export.journal.identity.as_str())));
        self.line(&format!("option \"operating_currency\" \"{}\"", export.journal.base_currency));
        self.line("option \"booking_method\" \"STRICT\"");
        self.line("option \"tolerance_multiplier\" \"0\"\n");
        for code in export.journal.accounts.keys().filter(|c| !c.is_units()) {
            self.line(&format!("{eve} open {}", path(*code)));
            if let Some(name) = export.journal.own_name(*code) {
                self.line(&format!("  name: {}", quoted(name)));
            }
        }
        self.line(&format!("{eve} open {ROUNDING}\n"));
    }

    /// What the books stood at before the period, lot by lot.
    fn openings(&mut self, export: &Export<'_>, eve: Date) -> Result<(), ExportError> {
        for entry in export.before() {
            entry.draft.postings.iter().for_each(|posting| self.balances.take(posting));
            let (_, rests) = self.lots.moves(entry)?;
            self.add(rests);
        }
        self.balances.moved()?;
        let money_before = self.balances.money()?;
        let open: Vec<(Leg, Currency)> = self
            .lots
            .open()
            .map(|(place, lot)| {
                let units = lot.units.narrow()?;
                let leg = Leg { place: place.clone(), units, unit_cost: lot.unit_cost, acquired: lot.acquired };
                Ok((leg, lot.currency))
            })
            .collect::<Result<_, ExportError>>()?;
        if money_before.is_empty() && open.is_empty() {
            return Ok(());
        }
        self.line(&format!("{eve} * \"opening_balances\" \"Balances before {}\"", export.period.from));
        for (leg, currency) in &open {
            self.leg(leg, *currency);
        }
        for (account, currency, steps) in money_before {
            self.line(&format!("  {}  {} {currency}", path(account), money(steps).as_str()));
        }
        self.rounding();
        self.line("");
        Ok(())
    }

    fn entry(&mut self, date: Date, entry: &Entry) -> Result<(), ExportError> {
        let d = &entry.draft;
        self.line(&format!("{date} * {} {}", quoted(d.kind.as_str()), quoted(&d.description)));
        self.line(&format!("  seq: {}", entry.seq));
        self.line(&format!("  entry_id: {}", quoted(entry.entry_id.as_str())));
        self.line(&format!("  effective_at: {}", quoted(&d.effective_at.to_string())));
        if let Some(seq) = d.reverses {
            self.line(&format!("  reverses: {seq}"));
        }
        let (moves, rests) = self.lots.moves(entry)?;
        self.add(rests);
        for (at, posting) in d.postings.iter().enumerate().filter(|(_, p)| !p.account.is_units()) {
            self.balances.take(posting);
            if let Some(legs) = moves.get(&at) {
                for leg in legs {
                    self.leg(leg, posting.currency);
                }
                if legs.is_empty() {
                    continue;
                }
            } else {
                let amount = money(posting.amount.raw());
                self.line(&format!("  {}  {} {}", path(posting.account), amount.as_str(), posting.currency));
            }
            self.tags(posting);
        }
        self.rounding();
        self.line("");
        Ok(())
    }

    fn leg(&mut self, leg: &Leg, currency: Currency) {
        let (account, commodity, lot) = &leg.place;
        let mut spec = format!("{} {currency}, {}", decimal(leg.unit_cost, COST_PLACES, 2), leg.acquired);
        if let Some(lot) = lot {
            let _ = write!(spec, ", {}", quoted(lot.as_str()));
        }
        let commodity = self.names.for_beancount(*commodity);
        self.line(&format!("  {}  {} {commodity} {{{spec}}}", path(*account), plain(leg.units).as_str()));
    }

    /// The lot of a position is in its cost already.
    fn tags(&mut self, posting: &Posting) {
        let tags = &posting.tags;
        let tagged = [
            ("lot", tags.lot.as_ref().filter(|_| !posting.account.is_position()).map(ToString::to_string)),
            ("strategy", tags.strategy.map(|s| s.to_string())),
            ("instrument", tags.instrument.map(|s| s.to_string())),
            ("fill", tags.fill.as_ref().map(ToString::to_string)),
            ("fee_kind", tags.fee_kind.map(|f| f.as_str().to_owned())),
            ("item", tags.item.as_ref().map(ToString::to_string)),
        ];
        for (name, value) in tagged {
            if let Some(value) = value {
                self.line(&format!("    {name}: {}", quoted(&value)));
            }
        }
    }

    fn add(&mut self, rests: Rest) {
        for (currency, rest) in rests {
            *self.rest.entry(currency).or_default() += rest;
        }
    }

    /// The exact rest of what was written since the last time.
    fn rounding(&mut self) {
        for (currency, rest) in std::mem::take(&mut self.rest) {
            if rest != Wide::ZERO {
                self.line(&format!("  {ROUNDING}  {} {currency}", decimal(rest, WEIGHT_PLACES, 0)));
            }
        }
    }

    fn memo(&mut self, date: Date, entry: &Entry) {
        let d = &entry.draft;
        if d.kind == EntryKind::WashSale {
            let lot = d.facts.get("loss_lot").and_then(Fact::as_str).unwrap_or_default();
            let account = self.lots.account_of(lot).unwrap_or(AccountCode::LONG_POSITIONS);
            self.line(&format!("{date} note {} {}", path(account), quoted(&d.description)));
        } else {
            self.line(&format!("{date} event {} {}", quoted(d.kind.as_str()), quoted(&d.session.to_string())));
        }
    }

    fn assertions(&mut self, date: Date) -> Result<(), ExportError> {
        for (account, held, steps) in self.balances.moved()? {
            let unit = match held {
                Held::Money(currency) => currency.to_string(),
                Held::Units(symbol) => self.names.for_beancount(symbol),
            };
            self.line(&format!("{date} balance {}  {} ~ 0 {unit}", path(account), plain(steps).as_str()));
        }
        self.line("");
        Ok(())
    }
}
