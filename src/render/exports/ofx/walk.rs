//! Which transactions an entry is, and what is held after it.

use std::collections::BTreeMap;

use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::wide::{Overflow, Wide};

use super::fill::{flow, settles, transactions};
use super::transaction::{Body, Transaction};

/// The journal so far.
#[derive(Default)]
pub(super) struct Walk {
    /// The transactions of each entry, for its reversal.
    done: BTreeMap<u64, (String, Vec<Transaction>)>,
    /// Units by account, commodity and the currency of their cost.
    pub(super) held: BTreeMap<(AccountCode, Symbol, Currency), Wide>,
    /// Cash by currency and account.
    pub(super) cash: BTreeMap<(Currency, AccountCode), Wide>,
}

/// The accounts that are cash.
pub(crate) const CASH: [AccountCode; 3] =
    [AccountCode::CASH_SETTLED, AccountCode::CASH_UNSETTLED, AccountCode::CASH_DERIVATIVES];

impl Walk {
    /// Takes the next entry.
    pub(super) fn take(&mut self, entry: &Entry, base: Currency) -> Result<&[Transaction], Overflow> {
        let found = self.transactions(entry, base)?;
        for p in &entry.draft.postings {
            if CASH.contains(&p.account) {
                *self.cash.entry((p.currency, p.account)).or_default() += Wide::from(p.amount);
            }
            if let Some(holding) = p.holding.filter(|_| p.account.is_position()) {
                *self.held.entry((p.account, holding.commodity, p.currency)).or_default() += Wide::from(holding.units);
            }
        }
        let done = self.done.entry(entry.seq).or_insert_with(|| (entry.entry_id.to_string(), found));
        Ok(&done.1)
    }

    fn transactions(&self, entry: &Entry, base: Currency) -> Result<Vec<Transaction>, Overflow> {
        if entry.draft.kind == EntryKind::Reversal {
            return Ok(self.undone(entry));
        }
        let mut found = match entry.draft.kind {
            EntryKind::Fill | EntryKind::CashInLieu => transactions(entry)?,
            EntryKind::Split => self.splits(entry)?,
            _ if pays_in_coin(entry) => transactions(entry)?,
            _ => moved_in(entry)?,
        };
        // Whatever cash an entry moved, its transactions move: in the base currency first.
        let mut cash = BTreeMap::<Currency, Wide>::new();
        for p in entry.draft.postings.iter().filter(|p| CASH.contains(&p.account)) {
            *cash.entry(p.currency).or_default() += Wide::from(p.amount);
        }
        let mut due: Vec<(Currency, Wide)> = cash.into_iter().collect();
        due.sort_by_key(|(currency, _)| *currency != base);
        for (currency, sum) in due {
            let told = found.iter().filter(|t| t.currency == currency);
            let told = told.fold(Wide::ZERO, |sum, t| sum + Wide::new(i128::from(t.cash())));
            let rest = (sum - told).narrow()?;
            if rest != 0 {
                found.push(moved_cash(entry, currency, rest));
            }
        }
        Ok(found)
    }

    fn undone(&self, entry: &Entry) -> Vec<Transaction> {
        let Some((id, original)) = entry.draft.reverses.and_then(|seq| self.done.get(&seq)) else { return Vec::new() };
        let again = settles(entry);
        let undo = |(transaction, n): (&Transaction, u64)| {
            let mut undone = transaction.clone().undone();
            undone.at = entry.draft.effective_at;
            undone.memo = format!("Reverses FITID {id}-{n}. {}", entry.draft.description);
            if let (Body::Trade(trade), Some(date)) = (&mut undone.body, again) {
                trade.settles = trade.settles.map(|_| date);
            }
            undone
        };
        original.iter().zip(1..).map(undo).collect()
    }

    fn splits(&self, entry: &Entry) -> Result<Vec<Transaction>, Overflow> {
        let text = |name: &str| match entry.draft.facts.get(name) {
            Some(Fact::String(text)) => Some(text.clone()),
            Some(Fact::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let mut found = Vec::new();
        for ((account, security, currency), moved) in moves(entry) {
            let old = self.held.get(&(account, security, currency)).copied().unwrap_or_default();
            let body = Body::Split {
                security,
                short: account == AccountCode::SHORT_POSITIONS,
                old: old.narrow()?,
                new: (old + moved).narrow()?,
                ratio: text("new").zip(text("old")),
            };
            found.push(said(entry, currency, body));
        }
        Ok(found)
    }
}

/// An entry that is no execution and pays or receives coins, for an expense or a gain.
fn pays_in_coin(entry: &Entry) -> bool {
    let with = |wanted: fn(&Posting) -> bool| entry.draft.postings.iter().any(wanted);
    with(|p| p.account == AccountCode::COINS) && with(|p| p.account == AccountCode::UNITS_COIN)
}

fn said(entry: &Entry, currency: Currency, body: Body) -> Transaction {
    Transaction { currency, at: entry.draft.effective_at, memo: entry.draft.description.clone(), body }
}

/// Units that an entry moves, where they do not cancel.
fn moves(entry: &Entry) -> BTreeMap<(AccountCode, Symbol, Currency), Wide> {
    let mut moved = BTreeMap::<_, Wide>::new();
    for p in entry.draft.postings.iter().filter(|p| p.account.is_position()) {
        if let Some(holding) = p.holding {
            *moved.entry((p.account, holding.commodity, p.currency)).or_default() += Wide::from(holding.units);
        }
    }
    moved.retain(|_, units| *units != Wide::ZERO);
    moved
}

/// Positions brought in or taken out.
fn moved_in(entry: &Entry) -> Result<Vec<Transaction>, Overflow> {
    let mut found = Vec::new();
    for ((account, security, currency), units) in moves(entry) {
        let of = entry.draft.postings.iter().filter(|p| {
            (p.account, p.currency) == (account, currency) && p.holding.is_some_and(|h| h.commodity == security)
        });
        let cost = of.fold(Wide::ZERO, |sum, p| sum + Wide::from(p.amount)).narrow()?;
        let acquired = entry.draft.facts.get("acquired").and_then(Fact::as_str).and_then(|t| t.parse().ok());
        let body = Body::Transfer {
            security,
            short: account == AccountCode::SHORT_POSITIONS,
            units: units.narrow()?,
            cost: cost.saturating_abs(),
            acquired: acquired.unwrap_or(entry.draft.session.date),
        };
        found.push(said(entry, currency, body));
    }
    Ok(found)
}

/// Cash that moved, by the entry's kind.
fn moved_cash(entry: &Entry, currency: Currency, cash: i64) -> Transaction {
    let d = &entry.draft;
    let amount_on = |account: AccountCode| d.postings.iter().filter(move |p| p.account == account);
    let instrument = d.postings.iter().find_map(|p| p.tags.instrument);
    let bank = |kind: &'static str| said(entry, currency, Body::Bank { kind, name: d.kind, amount: cash });
    match (d.kind, instrument) {
        (EntryKind::FloatIn | EntryKind::FloatOut | EntryKind::Opening | EntryKind::Conversion, _) => bank("XFER"),
        (EntryKind::Dividend, Some(security)) if cash > 0 => {
            let withheld = amount_on(AccountCode::TAXES_WITHHELD).map(|p| p.amount.raw());
            let withheld = withheld.fold(0, i64::saturating_add);
            said(entry, currency, Body::Income { security, dividend: true, total: cash, withheld })
        }
        (
            EntryKind::Dividend | EntryKind::Borrow | EntryKind::Fee | EntryKind::Variation | EntryKind::Funding,
            Some(security),
        ) => flow(entry, currency, security, cash, &d.description),
        (EntryKind::Interest, _) if cash < 0 => said(entry, currency, Body::MarginInterest { total: cash }),
        (EntryKind::Interest, _) => bank("INT"),
        (EntryKind::FeeCharge | EntryKind::Fee | EntryKind::Borrow, _) => bank("FEE"),
        _ => bank("OTHER"),
    }
}
