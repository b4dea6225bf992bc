//! Executions: closing part, opening part, realised, coin, fee, in this order.

use std::collections::BTreeSet;

use desk::domain::ids::LotId;
use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;
use desk::domain::wide::{Overflow, Wide};

use super::transaction::{Body, Trade, Transaction, price_for};

/// The transactions of an entry whose coins, if any, were traded (a fill) or only paid and received (all other kinds).
pub(super) fn transactions(entry: &Entry) -> Result<Vec<Transaction>, Overflow> {
    let mut found = Vec::new();
    let mut sections = sections(entry).into_iter();
    if matches!(entry.draft.kind, EntryKind::Fill | EntryKind::CashInLieu)
        && let Some(traded) = sections.next()
    {
        trade(entry, traded, &mut found)?;
    }
    for paid in sections {
        coin(entry, paid, &mut found)?;
    }
    Ok(found)
}

/// The lines of an execution, and for each coin paid or received those that belong to it: such a section begins with its
/// position, after the units of the section before (BOOKS.md section 5, the order of lines).
fn sections(entry: &Entry) -> Vec<&[Posting]> {
    let postings = entry.draft.postings.as_slice();
    let begins = |pair: &[Posting]| match pair {
        [before, this] => this.account == AccountCode::COINS && !before.account.is_position(),
        _ => false,
    };
    let mut sections = Vec::new();
    let mut from = 0;
    for (at, pair) in postings.windows(2).enumerate() {
        let next = at.saturating_add(1);
        if begins(pair) && postings.get(..next).is_some_and(|p| p.iter().any(|p| p.account.is_units())) {
            sections.extend(postings.get(from..next));
            from = next;
        }
    }
    sections.extend(postings.get(from..));
    sections
}

fn sum<'a>(postings: impl Iterator<Item = &'a Posting>) -> Result<i64, Overflow> {
    postings.fold(Wide::ZERO, |sum, p| sum + Wide::from(p.amount)).narrow()
}

const fn is_lot_gain(account: AccountCode) -> bool {
    matches!(account, AccountCode::GAINS_SHORT_TERM | AccountCode::GAINS_LONG_TERM)
}

const fn is_contract_gain(account: AccountCode) -> bool {
    matches!(account, AccountCode::GAINS_FUTURES | AccountCode::GAINS_PERPETUALS)
}

const fn is_expense(account: AccountCode) -> bool {
    account.code() / 1000 == 5
}

/// Positions of one account and commodity that move the same way.
struct Group<'a> {
    account: AccountCode,
    commodity: Symbol,
    currency: Currency,
    units: Wide,
    amount: Wide,
    lots: BTreeSet<&'a LotId>,
}

impl<'a> Group<'a> {
    fn all(section: &'a [Posting]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for posting in section.iter().filter(|p| p.account.is_position()) {
            let Some(holding) = posting.holding else { continue };
            let units = Wide::from(holding.units);
            let same = |g: &Self| {
                (g.account, g.commodity) == (posting.account, holding.commodity)
                    && (g.account == AccountCode::FUTURES || (g.units < Wide::ZERO) == (units < Wide::ZERO))
            };
            let at = groups.iter().position(same).unwrap_or(groups.len());
            if at == groups.len() {
                groups.push(Self {
                    account: posting.account,
                    commodity: holding.commodity,
                    currency: posting.currency,
                    units: Wide::ZERO,
                    amount: Wide::ZERO,
                    lots: BTreeSet::new(),
                });
            }
            if let Some(group) = groups.get_mut(at) {
                group.units += units;
                group.amount += Wide::from(posting.amount);
                group.lots.extend(posting.tags.lot.as_ref());
            }
        }
        groups
    }

    /// What its lots earned, positive when gained.
    fn gain(&self, section: &[Posting]) -> Result<i64, Overflow> {
        let of = |p: &&Posting| is_lot_gain(p.account) && p.tags.lot.as_ref().is_some_and(|l| self.lots.contains(l));
        sum(section.iter().filter(of)).map(i64::saturating_neg)
    }

    /// A sale that closes a long position, or any sale of a coin.
    fn closes_long(&self) -> bool {
        matches!(self.account, AccountCode::LONG_POSITIONS | AccountCode::COINS) && self.units < Wide::ZERO
    }
}

fn fact(entry: &Entry, name: &str) -> Option<i64> {
    let text = entry.draft.facts.get(name).and_then(Fact::as_str)?;
    desk::domain::decimal::parse_steps(text.as_bytes()).ok()
}

/// The day on which cash moves: as the open item says, otherwise as the fill does.
pub(super) fn settles(entry: &Entry) -> Option<Date> {
    let unsettled = entry.draft.postings.iter().filter(|p| p.account == AccountCode::CASH_UNSETTLED);
    unsettled.filter_map(|p| p.tags.item.as_ref()).find_map(|item| item.as_str().parse().ok())
}

fn trade(entry: &Entry, section: &[Posting], found: &mut Vec<Transaction>) -> Result<(), Overflow> {
    let of = |wanted: fn(AccountCode) -> bool| sum(section.iter().filter(|p| wanted(p.account)));
    let stated = entry.draft.facts.get("settles").and_then(Fact::as_str).and_then(|t| t.parse().ok());
    let settles = settles(entry).or(stated).unwrap_or(entry.draft.session.date);
    let instrument = section.iter().find_map(|p| p.tags.instrument);
    let groups = Group::all(section);
    // Of a pair of coins the first is the one that was traded.
    let lead = groups.iter().find(|g| Some(g.commodity) == instrument).or(groups.first()).map(|g| g.commodity);
    let main = |g: &&Group<'_>| Some(g.commodity) == lead;
    let whole = groups.iter().filter(main).fold(Wide::ZERO, |sum, g| sum + magnitude(g.units));
    let accrued = of(|a| a == AccountCode::FEES_ACCRUED)?;
    let charged = of(|a| is_expense(a) && a != AccountCode::COMMISSIONS)?;
    let mut commission = Share { left: of(|a| a == AccountCode::COMMISSIONS)?, units: whole };
    let mut fees = Share { left: charged.checked_add(accrued).ok_or(Overflow)?, units: whole };
    for group in &groups {
        let contract = group.account == AccountCode::FUTURES;
        let gain = group.gain(section)?;
        let units = group.units.narrow()?;
        // Before fees: what the position cost or brought, gain included.
        let value = Wide::new(i128::from(gain)) - group.amount;
        let (commission, fees) =
            if main(&group) { (commission.take(group.units)?, fees.take(group.units)?) } else { (0, 0) };
        let after = value - Wide::new(i128::from(commission)) - Wide::new(i128::from(fees));
        let stated = fact(entry, "price");
        let price = match stated.filter(|_| contract) {
            Some(price) => Wide::product(price, 10_000),
            None => price_for(units, value.narrow()?, stated)?,
        };
        let memo = if contract { "; no principal moves" } else { "" };
        found.push(Transaction {
            currency: group.currency,
            at: entry.draft.effective_at,
            memo: format!("{}{memo}", entry.draft.description),
            body: Body::Trade(Trade {
                security: group.commodity,
                stock: matches!(group.account, AccountCode::LONG_POSITIONS | AccountCode::SHORT_POSITIONS),
                buys: units > 0,
                short: group.account == AccountCode::SHORT_POSITIONS,
                units,
                price,
                commission,
                fees,
                total: after.narrow()?,
                gain: group.closes_long().then_some(gain),
                settles: Some(settles),
            }),
        });
    }
    realised(entry, section, "Realised against the last settlement", found)
}

const fn magnitude(units: Wide) -> Wide {
    Wide::new(units.raw().saturating_abs())
}

/// Commission and fees over the parts of a trade: each rounded on what remains, the last takes the rest.
struct Share {
    left: i64,
    units: Wide,
}

impl Share {
    fn take(&mut self, units: Wide) -> Result<i64, Overflow> {
        let part = magnitude(units);
        if self.left == 0 {
            return Ok(0);
        }
        let share = part.times(self.left).and_then(|p| p.half_even(self.units.raw())).ok_or(Overflow)?.narrow()?;
        self.units = self.units - part;
        self.left = self.left.checked_sub(share).ok_or(Overflow)?;
        Ok(share)
    }
}

/// A contract's gain, which is cash or coin apart from the trade.
fn realised(entry: &Entry, section: &[Posting], memo: &str, found: &mut Vec<Transaction>) -> Result<(), Overflow> {
    let gains: Vec<&Posting> = section.iter().filter(|p| is_contract_gain(p.account)).collect();
    let gain = sum(gains.iter().copied())?.saturating_neg();
    if let Some(first) = gains.first().filter(|_| gain != 0)
        && let Some(security) = first.tags.instrument
    {
        found.push(flow(entry, first.currency, security, gain, memo));
    }
    Ok(())
}

/// Income, or an expense.
pub(super) fn flow(entry: &Entry, currency: Currency, security: Symbol, total: i64, memo: &str) -> Transaction {
    let body = if total < 0 {
        Body::Expense { security, total }
    } else {
        Body::Income { security, dividend: false, total, withheld: 0 }
    };
    Transaction { currency, at: entry.draft.effective_at, memo: memo.to_owned(), body }
}

/// A coin paid is a sale, one received a purchase; with what it was paid or received for they cancel in cash.
fn coin(entry: &Entry, section: &[Posting], found: &mut Vec<Transaction>) -> Result<(), Overflow> {
    realised(entry, section, "Realised, paid in coin", found)?;
    let paid: Vec<&Posting> = section.iter().filter(|p| is_expense(p.account)).collect();
    let fee = sum(paid.iter().copied())?;
    let stated = fact(entry, "price");
    let kind = entry.draft.kind;
    let memo = if kind == EntryKind::Fill { "Fee paid in coin" } else { entry.draft.description.as_str() };
    for group in Group::all(section).iter().filter(|g| g.account == AccountCode::COINS) {
        let gain = group.gain(section)?;
        let units = group.units.narrow()?;
        let total = (Wide::new(i128::from(gain)) - group.amount).narrow()?;
        let memo = match (units > 0, fee == 0) {
            (true, _) => "Coin received",
            (false, true) => "Coin paid",
            (false, false) => memo,
        };
        found.push(Transaction {
            currency: group.currency,
            at: entry.draft.effective_at,
            memo: memo.to_owned(),
            body: Body::Trade(Trade {
                security: group.commodity,
                stock: false,
                buys: units > 0,
                short: false,
                units,
                price: price_for(units, total, stated)?,
                commission: 0,
                fees: 0,
                total,
                gain: (units < 0).then_some(gain),
                settles: None,
            }),
        });
    }
    if let Some(first) = paid.first().filter(|_| fee != 0)
        && let Some(security) = first.tags.instrument
    {
        found.push(flow(entry, first.currency, security, fee.saturating_neg(), memo));
    }
    Ok(())
}
