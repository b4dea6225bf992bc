//! The state of the books and its two doors.
//!
//! `decide` turns a fact into balanced drafts and changes nothing; `apply` folds a sealed entry and decides nothing.
//! What is kept here is what the rules ask for; everything else is a query over the stored postings.

use std::cmp::Ordering;
use std::collections::btree_map::Entry as MapEntry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use super::activity_refusal::ActivityRefusal;
use super::balances::{BalanceKey, Balances};
use super::chart::Chart;
use super::dividends::Announced;
use super::equity::Basis;
use super::fact::BookFact;
use super::fees::{self, Accrual};
use super::key::TextKey;
use super::lots::{OpenLot, Origin};
use super::refusal::BookRefusal;
use super::tally::{Tally, Uncovered};
use super::wash::WashSale;
use super::{activity, cash, coins, contracts, corporate, dividends, fill, naming, person, reversal, wash, year};
use crate::domain::chain::Hash;
use crate::domain::decimal::{Money, Price};
use crate::domain::ids::{ExecutionId, Identity, ItemId, LotId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, FeeKind, Holding, Posting};
use crate::domain::lots::LotMethod;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Date, Timestamp};

/// The kinds whose source key is the id of an activity of the broker.
const ACTIVITIES: [EntryKind; 12] = [
    EntryKind::Opening,
    EntryKind::FloatIn,
    EntryKind::FloatOut,
    EntryKind::Transfer,
    EntryKind::FeeCharge,
    EntryKind::Fee,
    EntryKind::Dividend,
    EntryKind::Interest,
    EntryKind::Borrow,
    EntryKind::CashInLieu,
    EntryKind::Funding,
    EntryKind::UnknownActivity,
];

/// An open item other than unsettled cash: its postings do not sum to zero yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Σ amount.
    pub amount: Money,
    /// The books' day of its first posting.
    pub since: SessionId,
}

/// The books of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub(super) identity: Identity,
    pub(super) last_seq: u64,
    pub(super) chart: Chart,
    /// Which lots close first since the last event that says so.
    pub(super) lots: LotMethod,
    pub(super) pools: BTreeMap<(Symbol, AccountCode), Vec<OpenLot>>,
    pub(super) origins: BTreeMap<TextKey, Origin>,
    pub(super) balances: Balances,
    /// Unsettled cash by settlement date and the books' day that brought it.
    pub(super) due: BTreeMap<(Currency, ItemId, SessionId), Money>,
    /// The settlement date last posted to, with its item.
    pub(super) last_due: Option<(Date, ItemId)>,
    pub(super) items: BTreeMap<(AccountCode, Currency, ItemId), OpenItem>,
    pub(super) accruals: BTreeMap<(SessionId, FeeKind), Accrual>,
    /// Dividends that were accrued.
    pub(super) dividends: BTreeMap<ItemId, Announced>,
    /// What a contract's lot was last settled at: its opening price, or a daily settlement's.
    pub(super) references: BTreeMap<TextKey, Price>,
    /// The latest session in which a year was closed.
    pub(super) year_closed: Option<SessionId>,
    sources: BTreeMap<EntryKind, BTreeMap<TextKey, u64>>,
    pub(super) settled_through: BTreeMap<Currency, Date>,
    /// Sessions that take nothing any more.
    pub(super) closed: BTreeSet<SessionId>,
    /// The latest books' day with postings.
    pub(super) booked_through: Option<SessionId>,
    /// Every books' day with postings.
    pub(super) days: BTreeSet<SessionId>,
    /// What was booked since the last close.
    pub(super) tally: Tally,
    /// What no closing record covers yet, by day.
    pub(super) uncovered: BTreeMap<SessionId, Uncovered>,
    /// Whether the last close was of a day before the latest: the next one begins with sums of its own day.
    pub(super) crossed: bool,
    /// What check 8 of the next close begins with.
    pub(super) basis: Basis,
    /// The hash of the last closing record.
    pub(super) last_record: Hash,
    /// The hash of the last closing record of each session.
    pub(super) records: BTreeMap<SessionId, Hash>,
    /// The earliest open session, once a session was closed.
    pub(super) open_from: Option<SessionId>,
    pub(super) washes: wash::Washes,
    /// The largest |balance| so far in steps: no sum can leave 64 bits unnoticed.
    peak: (u64, u64),
    pub(super) overflowed_at: Option<u64>,
}

impl Books {
    /// Empty books.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            last_seq: 0,
            chart: Chart::default(),
            lots: LotMethod::default(),
            pools: BTreeMap::new(),
            origins: BTreeMap::new(),
            balances: Balances::default(),
            due: BTreeMap::new(),
            last_due: None,
            items: BTreeMap::new(),
            accruals: BTreeMap::new(),
            dividends: BTreeMap::new(),
            references: BTreeMap::new(),
            year_closed: None,
            sources: BTreeMap::new(),
            settled_through: BTreeMap::new(),
            closed: BTreeSet::new(),
            booked_through: None,
            days: BTreeSet::new(),
            tally: Tally::default(),
            uncovered: BTreeMap::new(),
            crossed: false,
            basis: Basis::default(),
            last_record: Hash::GENESIS,
            records: BTreeMap::new(),
            open_from: None,
            washes: wash::Washes::default(),
            peak: (0, 0),
            overflowed_at: None,
        }
    }

    /// The entries that a fact leads to, in their order; none where there is nothing to book (no cash is due, no fee
    /// has to be rounded). `at` is now: the time of what has no time of its own.
    ///
    /// # Errors
    /// [`BookRefusal`]; nothing is booked then.
    pub fn decide(&self, at: Timestamp, fact: &BookFact) -> Result<Vec<Draft>, BookRefusal> {
        if let Some(seq) = self.overflowed_at {
            return Err(BookRefusal::BooksOverflowed { seq });
        }
        let drafts = match fact {
            BookFact::FloatIn(m) => vec![cash::float(self, EntryKind::FloatIn, m)?],
            BookFact::FloatOut(m) => vec![cash::float(self, EntryKind::FloatOut, m)?],
            BookFact::Opening(opening) => vec![cash::opening(self, opening)?],
            BookFact::Fill(fill) => vec![fill::draft(self, fill, fill.execution.as_str())?],
            BookFact::CoinFill(fill) => vec![coins::draft(self, fill)?],
            BookFact::ContractFill(fill) => vec![contracts::draft(self, fill)?],
            BookFact::Transfer(cash) => vec![activity::transfer(self, cash)?],
            BookFact::LateFee(fee) => vec![activity::late_fee(self, fee)?],
            BookFact::DividendAccrual(accrual) => dividends::accrual(self, accrual)?,
            BookFact::Dividend(dividend) => vec![dividends::payment(self, dividend)?],
            BookFact::Interest(cash) => vec![activity::interest(self, cash)?],
            BookFact::Borrow(borrow) => vec![activity::borrow(self, borrow)?],
            BookFact::Split(split) => corporate::split(self, split)?,
            BookFact::Reorganisation(terms) => corporate::reorganisation(self, terms)?,
            BookFact::CashInLieu(cash) => vec![corporate::in_lieu(self, cash)?],
            BookFact::Variation(variation) => contracts::variation(self, variation)?,
            BookFact::Funding(funding) => vec![contracts::funding(self, funding)?],
            BookFact::Conversion(conversion) => vec![activity::conversion(self, conversion)?],
            BookFact::UnknownActivity(cash) => vec![activity::unknown(self, cash)?],
            BookFact::Adoption(adoption) => vec![person::adoption(self, adoption)?],
            BookFact::Found(found) => vec![person::found(self, found)?],
            BookFact::Adjustment(adjustment) => vec![person::adjustment(self, adjustment)?],
            BookFact::Mistake(mistake) => vec![reversal::mistake(self, mistake)?],
            BookFact::Lots(naming) => naming::drafts(self, naming)?,
            BookFact::WashSale(mark) => vec![wash::draft(self, mark)?],
            BookFact::YearClose(year) => year::close(self, self.alone(year.session)?, at, year)?,
            BookFact::Unlock(unlock) => vec![year::unlock(self, at, unlock)?],
            BookFact::FeeRounding(end) => fees::rounding(self, at, *end)?,
            BookFact::FeeCharge(charge) => vec![fees::charge(self, charge)?],
            BookFact::Settlement(settlement) => cash::settlement(self, at, *settlement)?,
            BookFact::Bust(bust) => reversal::drafts(self, bust)?,
            BookFact::DayClose(close) => vec![self.close(at, close)?.draft],
        };
        self.admit(drafts)
    }

    /// Drafts that fit, and touch no closed account.
    pub(super) fn admit(&self, drafts: Vec<Draft>) -> Result<Vec<Draft>, BookRefusal> {
        self.fits(&drafts)?;
        match self.chart.closed_in(&drafts) {
            Some(row) => {
                let (account, name) = (row.code, row.name.clone());
                Err(ActivityRefusal::AccountClosed { account, name }.into())
            }
            None => Ok(drafts),
        }
    }

    /// Folds an entry. Entries come in the order of their numbers.
    pub fn apply(&mut self, entry: &Entry) {
        let d = &entry.draft;
        self.last_seq = entry.seq;
        self.sources.entry(d.kind).or_default().insert(TextKey::new(&d.source_key), entry.seq);
        for posting in &d.postings {
            if self.apply_posting(entry, posting).is_none() {
                self.overflowed_at.get_or_insert(entry.seq);
            }
        }
        if !d.postings.is_empty() {
            if self.booked_through != Some(d.session) {
                self.days.insert(d.session);
            }
            self.booked_through = self.booked_through.max(Some(d.session));
        }
        if d.kind == EntryKind::DayClose {
            // The memo itself belongs to what the next record covers.
            self.cover(d.session);
        }
        if self.count(entry).is_none() {
            self.overflowed_at.get_or_insert(entry.seq);
        }
        self.washes.apply(entry);
        match d.kind {
            EntryKind::FeeRounding => self.count_rounding(entry),
            EntryKind::Settlement => self.note_settlement(entry),
            EntryKind::DayClose => self.note_close(entry),
            EntryKind::Unlock => self.note_unlock(entry),
            EntryKind::Variation => self.note_variation(entry),
            EntryKind::YearClose => {
                self.basis.leave_out(entry);
                self.year_closed = self.year_closed.max(Some(d.session));
            }
            _ => {}
        }
    }

    /// The marks of wash sales that the fills so far ask for, or no longer do, and that are not booked yet, in their order.
    #[must_use]
    pub const fn wash_sales(&self) -> &VecDeque<WashSale> {
        self.washes.due()
    }

    /// Which lots close first where nobody names any.
    #[must_use]
    pub const fn lots(&self) -> LotMethod {
        self.lots
    }

    /// Folds the choice of a method. What is booked stays as it is.
    pub(crate) const fn apply_lots(&mut self, method: LotMethod) {
        self.lots = method;
    }

    /// Whether the fact with this source key is booked, and as which entry.
    #[must_use]
    pub fn booked(&self, kind: EntryKind, key: &str) -> Option<u64> {
        let (sources, key) = (self.sources.get(&kind)?, TextKey::new(key));
        // Ids of executions rise as a rule: one beyond the last is not searched for among all there ever were.
        let (last, seq) = sources.last_key_value()?;
        match key.cmp(last) {
            Ordering::Less => sources.get(&key).copied(),
            Ordering::Equal => Some(*seq),
            Ordering::Greater => None,
        }
    }

    /// Whether an activity of the broker is booked, as whatever it was.
    #[must_use]
    pub fn has_booked(&self, activity: &str) -> bool {
        ACTIVITIES.iter().any(|kind| self.booked(*kind, activity).is_some())
    }

    /// Whether the next close looks for the entry of an activity: it was booked since the last one, or not at all.
    #[must_use]
    pub fn asks_for(&self, activity: &str) -> bool {
        let first = self.uncovered.values().map(|of| of.first).min();
        let covered = |seq| first.is_none_or(|first| seq < first);
        !ACTIVITIES.iter().any(|kind| self.booked(*kind, activity).is_some_and(covered))
    }

    /// The instruments that executions have moved since the last close.
    pub fn traded(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.tally.market.keys().copied()
    }

    /// The number of the last entry; 0 where there is none.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Whose books these are.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The books' day for a fact of this trade session: the session if still open, otherwise the earliest open one.
    #[must_use]
    pub fn bookable(&self, session: SessionId) -> SessionId {
        self.open_from.map_or(session, |open| session.max(open))
    }

    /// The books' days with postings that are not closed: a close takes all before it with it.
    pub fn open_days(&self) -> impl Iterator<Item = SessionId> + '_ {
        let after = self.closed.last().map_or(Bound::Unbounded, |closed| Bound::Excluded(*closed));
        self.days.range((after, Bound::Unbounded)).copied()
    }

    /// The last day that was closed, and stays so until it is opened again.
    #[must_use]
    pub fn closed_through(&self) -> Option<SessionId> {
        self.closed.last().copied()
    }

    /// Whether a day is closed by a record of its own, until it is opened again.
    #[must_use]
    pub fn has_record(&self, session: SessionId) -> bool {
        self.closed.contains(&session)
    }

    /// Whether the next close compares an execution: it is of an open day, was undone in one, or is not booked.
    #[must_use]
    pub fn compares(&self, id: &ExecutionId) -> bool {
        self.tally.fills.contains_key(id)
            || self.tally.busted.contains(id)
            || self.booked(EntryKind::Fill, id.as_str()).is_none()
    }

    /// How often a day was closed so far.
    #[must_use]
    pub fn times_closed(&self, session: SessionId) -> u32 {
        self.closings_of(session).unwrap_or(u32::MAX)
    }

    /// How often a day was opened again so far.
    #[must_use]
    pub fn times_opened(&self, session: SessionId) -> u64 {
        let mut n = 0_u64;
        while self.booked(EntryKind::Unlock, &format!("{session}:{}", n.saturating_add(1))).is_some() {
            n = n.saturating_add(1);
        }
        n
    }

    pub(super) fn not_yet(&self, kind: EntryKind, key: &str) -> Result<(), BookRefusal> {
        match self.booked(kind, key) {
            Some(seq) => Err(BookRefusal::AlreadyBooked { kind, key: key.to_owned(), seq }),
            None => Ok(()),
        }
    }

    /// The open lots of a position account, in FIFO order.
    pub(super) fn pool(&self, commodity: Symbol, account: AccountCode) -> &[OpenLot] {
        self.pools.get(&(commodity, account)).map_or(&[], Vec::as_slice)
    }

    /// Refuses drafts after which a balance might not fit: a bound on all of them, without looking one up.
    fn fits(&self, drafts: &[Draft]) -> Result<(), BookRefusal> {
        // No balance grows by more than all debits, nor falls by more than all credits.
        let (mut amounts, mut units) = (Reach::default(), Reach::default());
        for draft in drafts {
            for posting in &draft.postings {
                amounts.add(posting.amount.raw());
                units.add(posting.holding.map_or(0, |h| h.units.raw()));
            }
            if !(amounts.fits(self.peak.0) && units.fits(self.peak.1)) {
                return Err(BookRefusal::Overflow { kind: draft.kind, key: draft.source_key.clone() });
            }
        }
        Ok(())
    }

    fn apply_posting(&mut self, entry: &Entry, p: &Posting) -> Option<()> {
        let key = BalanceKey {
            account: p.account,
            currency: p.currency,
            commodity: p.holding.map(|h| h.commodity),
            strategy: p.tags.strategy,
        };
        let balance = self.balances.of(key)?;
        balance.amount = balance.amount.checked_add(p.amount)?;
        if let Some(h) = p.holding {
            balance.units = balance.units.checked_add(h.units)?;
        }
        self.peak.0 = self.peak.0.max(balance.amount.raw().unsigned_abs());
        self.peak.1 = self.peak.1.max(balance.units.raw().unsigned_abs());
        if let (true, Some(holding), Some(lot)) = (p.account.is_position(), p.holding, &p.tags.lot) {
            self.move_lot(entry, p, holding, lot)?;
        }
        match &p.tags.item {
            Some(item) if p.account == AccountCode::CASH_UNSETTLED => self.move_unsettled(entry, p, item)?,
            Some(item) if p.account.is_open_items() => self.move_item(entry, p, item)?,
            _ => {}
        }
        Some(())
    }

    fn move_lot(&mut self, entry: &Entry, p: &Posting, holding: Holding, lot: &LotId) -> Option<()> {
        let pool = self.pools.entry((holding.commodity, p.account)).or_default();
        let strategy = p.tags.strategy;
        if let Some(at) = pool.iter().position(|l| l.strategy == strategy && l.lot == *lot) {
            let open = pool.get_mut(at)?;
            open.units = open.units.checked_add(holding.units)?;
            open.cost = open.cost.checked_add(p.amount)?;
            if open.units.is_zero() {
                pool.remove(at);
            }
            return Some(());
        }
        let fresh = || Origin { acquired: acquired(entry), seq: entry.seq };
        let origin = *self.origins.entry(TextKey::new(lot.as_str())).or_insert_with(fresh);
        let open = OpenLot {
            lot: lot.clone(),
            account: p.account,
            commodity: holding.commodity,
            currency: p.currency,
            strategy,
            acquired: origin.acquired,
            opened_by: origin.seq,
            units: holding.units,
            cost: p.amount,
        };
        let at = pool.partition_point(|l| l.place() <= open.place());
        pool.insert(at, open);
        if p.account == AccountCode::FUTURES && !self.references.contains_key(&TextKey::new(lot.as_str())) {
            self.references.insert(TextKey::new(lot.as_str()), price_of(entry)?);
        }
        Some(())
    }

    fn move_unsettled(&mut self, entry: &Entry, p: &Posting, item: &ItemId) -> Option<()> {
        if self.last_due.as_ref().is_none_or(|(_, last)| last != item) {
            self.last_due = item.as_str().parse().ok().map(|date| (date, item.clone()));
        }
        let mut key = (p.currency, item.clone(), entry.draft.session);
        if entry.draft.kind == EntryKind::Settlement {
            // Settled postings come in the order of the sessions that they settle.
            let first = self.due.range((p.currency, item.clone(), FIRST_SESSION)..).next();
            if let Some(((currency, of, session), _)) = first
                && *currency == p.currency
                && of == item
            {
                key.2 = *session;
            }
        }
        match self.due.entry(key) {
            MapEntry::Vacant(slot) => {
                slot.insert(p.amount);
            }
            MapEntry::Occupied(mut open) => {
                *open.get_mut() = open.get().checked_add(p.amount)?;
                if open.get().is_zero() {
                    open.remove();
                }
            }
        }
        Some(())
    }

    fn move_item(&mut self, entry: &Entry, p: &Posting, item: &ItemId) -> Option<()> {
        let key = (p.account, p.currency, item.clone());
        match self.items.entry(key) {
            MapEntry::Vacant(slot) => {
                slot.insert(OpenItem { amount: p.amount, since: entry.draft.session });
            }
            MapEntry::Occupied(mut open) => {
                let sum = open.get().amount.checked_add(p.amount)?;
                open.get_mut().amount = sum;
                if sum.is_zero() {
                    open.remove();
                }
            }
        }
        match (p.account, p.tags.fee_kind) {
            (AccountCode::FEES_ACCRUED, Some(fee)) => self.move_accrual(entry, p, item, fee),
            (AccountCode::DIVIDENDS_RECEIVABLE | AccountCode::DIVIDENDS_OWED, _) => self.note_dividend(entry, item, p),
            _ => Some(()),
        }
    }

    fn note_close(&mut self, entry: &Entry) {
        self.closed.insert(entry.draft.session);
        if !self.crossed {
            self.basis = Basis::after(self, entry);
        }
        let fact = |name| entry.draft.facts.get(name).and_then(Fact::as_str);
        self.last_record = fact("record").and_then(|t| t.parse().ok()).unwrap_or_default();
        self.records.insert(entry.draft.session, self.last_record);
        let next = fact("next_session").and_then(|t| t.parse().ok());
        if let Some(next) = next {
            self.open_from = Some(self.open_from.map_or(next, |open| open.max(next)));
        }
    }
}

/// The price that an entry's facts name.
pub(super) fn price_of(entry: &Entry) -> Option<Price> {
    entry.draft.facts.get("price").and_then(Fact::as_str)?.parse().ok()
}

/// How far drafts can move a balance, up and down.
#[derive(Default)]
struct Reach {
    up: u64,
    down: u64,
}

impl Reach {
    const fn add(&mut self, steps: i64) {
        let way = if steps < 0 { &mut self.down } else { &mut self.up };
        *way = way.saturating_add(steps.unsigned_abs());
    }

    fn fits(&self, peak: u64) -> bool {
        self.up.max(self.down).saturating_add(peak) <= i64::MAX.unsigned_abs()
    }
}

/// Sorts before every session.
const FIRST_SESSION: SessionId =
    SessionId { date: Date::from_days(i64::MIN), calendar: crate::domain::ids::CalendarName::Xnys };

/// The session that counts for a lot's holding period: the trade session, also where it was booked later; of a
/// position brought in, the day that is recorded.
fn acquired(entry: &Entry) -> Date {
    let fact = |name| entry.draft.facts.get(name).and_then(Fact::as_str);
    if let Some(date) = fact("acquired").and_then(|t| t.parse().ok()) {
        return date;
    }
    let late: Option<SessionId> = fact("trade_session").and_then(|t| t.parse().ok());
    late.unwrap_or(entry.draft.session).date
}
