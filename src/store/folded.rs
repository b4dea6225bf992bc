//! Statements summed from the entries themselves, one after the other.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{ItemId, LotId, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::wide::{Overflow, Wide};

use super::error::StoreError;
use super::reader::Balance;
use super::scope::Scope;
use super::summed::{CashLine, UnsettledLine};
use super::{GainLine, LotLine, RegisterLine};

/// The accounts of realised gains.
const GAINS: std::ops::RangeInclusive<AccountCode> = AccountCode::GAINS_SHORT_TERM..=AccountCode::GAINS_PERPETUALS;

fn counted<'a>(entries: &'a [Entry], scope: &'a Scope) -> impl Iterator<Item = &'a Entry> {
    entries.iter().filter(|e| scope.counts(e))
}

fn postings<'a>(entries: &'a [Entry], scope: &'a Scope) -> impl Iterator<Item = (&'a Entry, &'a Posting)> {
    counted(entries, scope).flat_map(|e| e.draft.postings.iter().map(move |p| (e, p)))
}

fn units_of(posting: &Posting) -> Quantity {
    posting.holding.map(|h| h.units).unwrap_or_default()
}

fn beyond(_: Overflow) -> StoreError {
    StoreError::Overflow { doing: "summing the journal" }
}

pub(super) fn balances(entries: &[Entry], scope: &Scope) -> Result<Vec<Balance>, StoreError> {
    let mut sums = BTreeMap::<(AccountCode, Currency, Option<Symbol>), (Wide, Wide)>::new();
    for (_, p) in postings(entries, scope) {
        let sum = sums.entry((p.account, p.currency, p.holding.map(|h| h.commodity))).or_default();
        sum.0 += Wide::from(p.amount);
        sum.1 += Wide::from(units_of(p));
    }
    let line = |((account, currency, commodity), (amount, units)): (_, (Wide, Wide))| {
        let (amount, units) = (amount.money().map_err(beyond)?, units.quantity().map_err(beyond)?);
        Ok(Balance { account, currency, commodity, amount, units })
    };
    sums.into_iter().map(line).collect()
}

/// What is summed of a lot's slice.
struct Slice {
    units: Wide,
    cost: Wide,
    since: SessionId,
    /// Its first entry: lots of an instrument stand in the order in which they were opened.
    first: u64,
}

pub(super) fn lots(entries: &[Entry], scope: &Scope) -> Result<Vec<LotLine>, StoreError> {
    type Key = (Symbol, AccountCode, LotId, String, Currency);
    let mut slices = BTreeMap::<Key, Slice>::new();
    for (e, p) in postings(entries, scope).filter(|(_, p)| !p.account.is_units()) {
        let (Some(holding), Some(lot)) = (p.holding, p.tags.lot.clone()) else { continue };
        let strategy = p.tags.strategy.map(|s| s.to_string()).unwrap_or_default();
        let fresh = || Slice { units: Wide::ZERO, cost: Wide::ZERO, since: e.draft.session, first: e.seq };
        let slice = slices.entry((holding.commodity, p.account, lot, strategy, p.currency)).or_insert_with(fresh);
        slice.units += Wide::from(holding.units);
        slice.cost += Wide::from(p.amount);
        slice.since = slice.since.min(e.draft.session);
    }
    slices.retain(|_, slice| slice.units != Wide::ZERO);
    let mut lots = slices.into_iter().collect::<Vec<_>>();
    // Those of an instrument in the order in which they were opened.
    lots.sort_by(|(a, one), (b, other)| (a.0, one.first, a).cmp(&(b.0, other.first, b)));
    let line = |((commodity, account, lot, strategy, currency), slice): (Key, Slice)| {
        Ok(LotLine {
            commodity,
            account,
            lot,
            strategy,
            currency,
            units: slice.units.quantity().map_err(beyond)?,
            cost: slice.cost.money().map_err(beyond)?,
            since: slice.since,
        })
    };
    lots.into_iter().map(line).collect()
}

/// What an entry closes of lots.
fn closings(entry: &Entry) -> impl Iterator<Item = GainLine> {
    let d = &entry.draft;
    let taken = matches!(d.kind, EntryKind::Fill | EntryKind::CashInLieu);
    let held = d.postings.iter().filter(move |_| taken || d.kind == EntryKind::Reversal);
    held.filter_map(move |p| {
        let (holding, lot) = (p.holding?, p.tags.lot.clone()?);
        let of_lot = |g: &&Posting| g.holding.is_none() && g.tags.lot.as_ref() == Some(&lot);
        let gain = d.postings.iter().filter(|g| GAINS.contains(&g.account)).find(of_lot);
        let leaves = match p.account {
            AccountCode::LONG_POSITIONS | AccountCode::COINS => holding.units < Quantity::ZERO,
            AccountCode::SHORT_POSITIONS => holding.units > Quantity::ZERO,
            _ => false,
        };
        (gain.is_some() || (taken && leaves)).then(|| GainLine {
            seq: entry.seq,
            session: d.session,
            commodity: holding.commodity,
            lot,
            account: p.account,
            currency: p.currency,
            units: holding.units,
            cost: p.amount,
            gain: gain.map_or(Money::ZERO, |g| g.amount.negated()),
            long_term: gain.is_some_and(|g| g.account == AccountCode::GAINS_LONG_TERM),
        })
    })
}

pub(super) fn gains(entries: &[Entry], scope: &Scope, limit: u32) -> Vec<GainLine> {
    counted(entries, scope).flat_map(closings).take(at_most(limit)).collect()
}

pub(super) fn register(entries: &[Entry], account: AccountCode, scope: &Scope, limit: u32) -> Vec<RegisterLine> {
    let of = postings(entries, scope).filter(|(_, p)| p.account == account).take(at_most(limit));
    of.map(|(e, p)| RegisterLine {
        currency: p.currency,
        amount: p.amount,
        units: p.holding.map(|h| (h.units, h.commodity)),
        entry: e.clone(),
    })
    .collect()
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

pub(super) fn cash(entries: &[Entry], scope: &Scope) -> Result<Vec<CashLine>, StoreError> {
    let mut sums = BTreeMap::<(Currency, EntryKind), ([Wide; 2], [Wide; 3])>::new();
    for entry in counted(entries, scope) {
        let mut own = BTreeMap::<Currency, [Wide; 3]>::new();
        for p in &entry.draft.postings {
            let place = CashLine::ACCOUNTS.iter().position(|account| *account == p.account);
            if let Some(sum) = place.and_then(|n| own.entry(p.currency).or_default().get_mut(n)) {
                *sum += Wide::from(p.amount);
            }
        }
        for (currency, accounts) in own {
            let (sides, sums) = sums.entry((currency, entry.draft.kind)).or_default();
            let net = accounts.iter().fold(Wide::ZERO, |net, part| net + *part);
            let [receipts, payments] = sides;
            *if net < Wide::ZERO { payments } else { receipts } += net;
            for (sum, part) in sums.iter_mut().zip(accounts) {
                *sum += part;
            }
        }
    }
    let line = |((currency, kind), ([receipts, payments], [a, b, c])): (_, ([Wide; 2], [Wide; 3]))| {
        let money = |sum: Wide| sum.money().map_err(beyond);
        let accounts = [money(a)?, money(b)?, money(c)?];
        Ok(CashLine { kind, currency, receipts: money(receipts)?, payments: money(payments)?, accounts })
    };
    sums.into_iter().map(line).collect()
}

pub(super) fn unsettled(entries: &[Entry], scope: &Scope) -> Result<Vec<UnsettledLine>, StoreError> {
    let mut sums = BTreeMap::<(Currency, ItemId), Wide>::new();
    for (_, p) in postings(entries, scope).filter(|(_, p)| p.account == AccountCode::CASH_UNSETTLED) {
        let Some(item) = p.tags.item.clone() else { continue };
        *sums.entry((p.currency, item)).or_default() += Wide::from(p.amount);
    }
    sums.retain(|_, sum| *sum != Wide::ZERO);
    let line = |((currency, item), sum): ((Currency, ItemId), Wide)| {
        Ok(UnsettledLine { currency, item, amount: sum.money().map_err(beyond)? })
    };
    sums.into_iter().map(line).collect()
}
