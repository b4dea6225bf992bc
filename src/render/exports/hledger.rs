//! hledger: positions at total cost, assertions after each session, everything declared. Units accounts are left out.

use desk::domain::journal::{AccountCode, Entry, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;

use super::balances::{Balances, Held};
use super::input::{Export, ExportError};
use super::lots::Lots;
use super::names::{Commodities, path};
use super::numbers::{money, plain};

struct File {
    names: Commodities,
    balances: Balances,
    text: String,
}

pub(super) fn write(export: &Export<'_>) -> Result<String, ExportError> {
    let names = Commodities::of(export.journal.base_currency, export.until_end());
    let mut file = File { names, balances: Balances::default(), text: String::new() };
    file.head(export);
    file.openings(export)?;
    for (date, entries) in export.by_day() {
        for entry in entries {
            if entry.draft.kind.is_memo() {
                let d = &entry.draft;
                file.line(&format!("; {date} {} (seq {}): {}\n", d.kind, entry.seq, one_line(&d.description)));
            } else {
                file.entry(date, entry);
            }
        }
        file.assertions(date)?;
    }
    file.text.truncate(file.text.trim_end().len());
    file.text.push('\n');
    Ok(file.text)
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A description: a semicolon would begin a comment.
fn described(text: &str) -> String {
    one_line(text).replace(';', ",")
}

fn account(code: AccountCode) -> String {
    path(code).to_lowercase()
}

impl File {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn unit(&self, symbol: Symbol) -> String {
        format!("\"{}\"", self.names.apart(symbol))
    }

    fn head(&mut self, export: &Export<'_>) {
        let money: Vec<String> = self.names.money.iter().map(ToString::to_string).collect();
        let units: Vec<String> = self.names.units.iter().map(|symbol| self.unit(*symbol)).collect();
        for commodity in money.iter().chain(&units) {
            self.line(&format!("commodity 1000.00000000 {commodity}"));
        }
        for code in export.journal.accounts.keys().filter(|c| !c.is_units()) {
            // A comma ends a tag's value.
            let name = export.journal.own_name(*code).map(|name| format!("  ; name:{}", name.replace(',', " ")));
            self.line(&format!("account {}{}", account(*code), name.unwrap_or_default()));
        }
        self.line("");
    }

    /// What the books stood at before the period, lot by lot.
    fn openings(&mut self, export: &Export<'_>) -> Result<(), ExportError> {
        let mut lots = Lots::default();
        for entry in export.before() {
            entry.draft.postings.iter().for_each(|posting| self.balances.take(posting));
            lots.moves(entry)?;
        }
        self.balances.moved()?;
        let mut lines = Vec::new();
        for (place, lot) in lots.open() {
            let (code, commodity, id) = place;
            let (units, cost) = (lot.units.narrow()?, lot.cost.narrow()?);
            let mut line = self.position(*code, *commodity, units, (cost, lot.currency));
            if let Some(id) = id {
                line.push_str(&comment(&[("lot", Some(id.to_string())), ("instrument", Some(commodity.to_string()))]));
            }
            lines.push(line);
        }
        for (code, currency, steps) in self.balances.money()? {
            lines.push(format!("    {}  {} {currency}", account(code), money(steps).as_str()));
        }
        if !lines.is_empty() {
            let (eve, from) = (export.period.from.plus(-1), export.period.from);
            self.line(&format!("{eve} * Balances before {from}  ; kind:opening_balances"));
            self.line(&lines.join("\n"));
            self.line("");
        }
        Ok(())
    }

    fn entry(&mut self, date: Date, entry: &Entry) {
        let d = &entry.draft;
        let tags = comment(&[
            ("seq", Some(entry.seq.to_string())),
            ("kind", Some(d.kind.to_string())),
            ("entry_id", Some(entry.entry_id.to_string())),
            ("reverses", d.reverses.map(|seq| seq.to_string())),
        ]);
        self.line(&format!("{date} * {}{tags}", described(&d.description)));
        for posting in d.postings.iter().filter(|p| !p.account.is_units()) {
            self.balances.take(posting);
            let mut line = self.posting(posting);
            line.push_str(&tags_of(posting));
            self.line(&line);
        }
        self.line("");
    }

    fn posting(&self, posting: &Posting) -> String {
        let (code, amount, currency) = (posting.account, posting.amount.raw(), posting.currency);
        match posting.holding {
            Some(h) if code.is_position() => self.position(code, h.commodity, h.units.raw(), (amount, currency)),
            _ => format!("    {}  {} {currency}", account(code), money(amount).as_str()),
        }
    }

    /// Units at their total cost, which hledger gives the sign of the units; an amount against them goes beside.
    fn position(&self, code: AccountCode, commodity: Symbol, units: i64, cost: (i64, Currency)) -> String {
        let (amount, currency) = cost;
        let (code, unit, units_text) = (account(code), self.unit(commodity), plain(units));
        let (total, beside) = if (units < 0) == (amount < 0) || amount == 0 {
            (amount.saturating_abs(), None)
        } else {
            (0, Some(format!("    {code}  {} {currency}\n", money(amount).as_str())))
        };
        let position = format!("    {code}  {} {unit} @@ {} {currency}", units_text.as_str(), money(total).as_str());
        beside.unwrap_or_default() + &position
    }

    fn assertions(&mut self, date: Date) -> Result<(), ExportError> {
        let moved = self.balances.moved()?;
        if moved.is_empty() {
            return Ok(());
        }
        self.line(&format!("{date} * balances at the end of {date}"));
        for (code, held, steps) in moved {
            let unit = match held {
                Held::Money(currency) => currency.to_string(),
                Held::Units(symbol) => self.unit(symbol),
            };
            self.line(&format!("    {}  0 {unit} = {} {unit}", account(code), plain(steps).as_str()));
        }
        self.line("");
        Ok(())
    }
}

fn tags_of(posting: &Posting) -> String {
    let tags = &posting.tags;
    comment(&[
        ("lot", tags.lot.as_ref().map(ToString::to_string)),
        ("strategy", tags.strategy.map(|s| s.to_string())),
        ("instrument", tags.instrument.map(|s| s.to_string())),
        ("fill", tags.fill.as_ref().map(ToString::to_string)),
        ("fee_kind", tags.fee_kind.map(|f| f.as_str().to_owned())),
        ("item", tags.item.as_ref().map(ToString::to_string)),
    ])
}

/// Tags as hledger reads them; a comma would end a value.
fn comment(tags: &[(&str, Option<String>)]) -> String {
    let said: Vec<String> = tags
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}:{}", value.as_ref()?.replace(',', "%2C"))))
        .collect();
    if said.is_empty() { String::new() } else { format!("  ; {}", said.join(", ")) }
}
