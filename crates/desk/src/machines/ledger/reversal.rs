//! Busts and corrections (BOOKS.md section 5, faults.md B9): the fill is reversed, later closings of its lot are
//! reversed and booked anew, and the corrected fill takes its place.

use std::borrow::Cow;

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::fill::{self, text};
use super::key::TextKey;
use super::refusal::BookRefusal;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{LotId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, FeeKind, Holding, Posting};
use crate::domain::time::Date;
use crate::domain::wide::Overflow;

/// The broker took an execution back, or said it anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Bust {
    /// The fill's entry as stored.
    pub entry: Entry,
    /// The entries of later fills that closed units of its lot, as stored, in their order.
    pub later: Vec<Entry>,
    /// What takes its place.
    pub corrected: Option<Fill>,
    /// Why, as the broker says.
    pub reason: String,
    /// Who found it, where a person did.
    pub by: Option<String>,
    /// The books' day of the news.
    pub session: SessionId,
}

/// An entry that a person found to be a mistake; what is right is booked anew, as a fact of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The entry as stored.
    pub entry: Entry,
    /// Who found it.
    pub by: String,
    /// Why it is one.
    pub reason: String,
    /// The books' day of the finding.
    pub session: SessionId,
}

/// The reversal of a mistake. Fills have theirs with what closed their lots; settlement, roundings, charges of accruals,
/// splits, reorganisations and a year's close follow from others; memos and reversals are not undone.
pub(super) fn mistake(books: &Books, m: &Mistake) -> Result<Draft, BookRefusal> {
    let (seq, kind) = (m.entry.seq, m.entry.draft.kind);
    let follows = matches!(
        kind,
        EntryKind::Fill
            | EntryKind::Settlement
            | EntryKind::FeeRounding
            | EntryKind::FeeCharge
            | EntryKind::Reversal
            | EntryKind::Split
            | EntryKind::Reorganisation
            | EntryKind::YearClose
    );
    if follows || kind.is_memo() {
        return Err(BookRefusal::NotReversible { seq, kind });
    }
    if m.by.trim().is_empty() || m.reason.trim().is_empty() {
        return Err(ActivityRefusal::NoReason { kind: EntryKind::Reversal, key: m.entry.entry_id.to_string() }.into());
    }
    let undone = Bust {
        entry: m.entry.clone(),
        later: Vec::new(),
        corrected: None,
        reason: m.reason.clone(),
        by: Some(m.by.clone()),
        session: m.session,
    };
    reversal(books, &m.entry, &undone)
}

/// Reversals from the last to the first, then what takes their place from the first to the last.
pub(super) fn drafts(books: &Books, bust: &Bust) -> Result<Vec<Draft>, BookRefusal> {
    let mut after = books.clone();
    let mut drafts = Vec::new();
    for entry in bust.later.iter().rev().chain([&bust.entry]) {
        if entry.draft.kind != EntryKind::Fill {
            return Err(BookRefusal::NotReversible { seq: entry.seq, kind: entry.draft.kind });
        }
        let draft = reversal(&after, entry, bust)?;
        book(&mut after, &mut drafts, draft);
    }
    if let Some(corrected) = &bust.corrected {
        let corrected = Fill { corrects: Some(bust.entry.seq), ..corrected.clone() };
        let draft = fill::draft(&after, &corrected, corrected.execution.as_str())?;
        book(&mut after, &mut drafts, draft);
    }
    for entry in &bust.later {
        let mut again = Fill { corrects: Some(entry.seq), ..booked_fill(entry)? };
        if let LotChoice::Specific(named) = &mut again.lots {
            // A lot that is gone, or has less, cannot be chosen any more: its units go FIFO.
            let closes =
                if again.quantity.raw() < 0 { AccountCode::LONG_POSITIONS } else { AccountCode::SHORT_POSITIONS };
            let pool = after.pool(again.instrument, closes);
            named.retain(|(lot, units)| pool.iter().any(|l| l.lot == *lot && l.units.magnitude() >= *units));
        }
        let mut draft = fill::draft(&after, &again, &anew(&after, entry))?;
        draft.facts.insert(Cow::Borrowed("bust"), text(&bust.entry.entry_id));
        book(&mut after, &mut drafts, draft);
    }
    Ok(drafts)
}

/// Folds a draft as if it were sealed, so that the next one is decided after it.
pub(super) fn book(after: &mut Books, drafts: &mut Vec<Draft>, draft: Draft) {
    let seq = after.last_seq.saturating_add(1);
    // The id and the stamp of an entry play no part in a fold.
    if let Ok(entry_id) = crate::domain::journal::entry::entry_id(&after.identity, draft.kind, &draft.source_key) {
        let entry = Entry { seq, entry_id, booked_at: draft.effective_at, draft };
        after.apply(&entry);
        drafts.push(entry.draft);
    }
}

/// What was reversed is booked anew with `:2`, `:3` … on its key.
pub(super) fn anew(books: &Books, entry: &Entry) -> String {
    let first = entry.draft.postings.iter().find_map(|p| p.tags.fill.as_ref());
    let first = first.map_or(entry.draft.source_key.as_str(), |f| f.as_str());
    let mut n = 2_u64;
    loop {
        let key = format!("{first}:{n}");
        if books.booked(EntryKind::Fill, &key).is_none() {
            return key;
        }
        n = n.saturating_add(1);
    }
}

pub(super) fn reversal(books: &Books, entry: &Entry, bust: &Bust) -> Result<Draft, BookRefusal> {
    let (kind, d) = (EntryKind::Reversal, &entry.draft);
    let booked = books.booked(d.kind, &d.source_key);
    if booked != Some(entry.seq) {
        return Err(BookRefusal::NotThatEntry { seq: entry.seq, key: d.source_key.clone(), booked });
    }
    let key = entry.entry_id.as_str();
    books.not_yet(kind, key)?;
    let mut facts = d.facts.clone();
    let mut postings = Vec::with_capacity(d.postings.len());
    for posting in &d.postings {
        postings.push(negated(books, posting).map_err(|Overflow| BookRefusal::overflow(kind, key))?);
        unused(books, entry, posting)?;
    }
    let settles = postings.iter().find(|p| p.account == AccountCode::CASH_UNSETTLED).and_then(|p| p.tags.item.as_ref());
    if let (Some(item), true) = (settles, facts.contains_key("settles")) {
        facts.insert(Cow::Borrowed("settles"), text(item));
    }
    if entry.seq != bust.entry.seq {
        facts.insert(Cow::Borrowed("bust"), text(&bust.entry.entry_id));
    }
    Ok(Draft {
        kind,
        source_key: key.to_owned(),
        session: books.bookable(bust.session),
        effective_at: d.effective_at,
        reverses: Some(entry.seq),
        corrects: None,
        description: format!("Reversal of entry {}: {}", entry.seq, bust.reason),
        reason: Some(bust.reason.clone()),
        by: bust.by.clone(),
        facts,
        postings,
    })
}

/// A posting undone: tags kept, except that 1020's item is not before the next settlement date.
fn negated(books: &Books, posting: &Posting) -> Result<Posting, Overflow> {
    let mut undone = posting.clone();
    undone.amount = posting.amount.negated();
    undone.holding = posting.holding.map(|h| Holding { units: h.units.negated(), ..h });
    if posting.account == AccountCode::CASH_UNSETTLED {
        let date = posting.tags.item.as_ref().and_then(|i| i.as_str().parse::<Date>().ok());
        if let Some(date) = date {
            undone.tags.item = Some(books.date_item(books.settlement_date(posting.currency, date))?);
        }
    }
    Ok(undone)
}

/// Units that a posting brought into a lot must still be there as they came: later closings are undone before it.
fn unused(books: &Books, entry: &Entry, posting: &Posting) -> Result<(), BookRefusal> {
    let (Some(holding), Some(lot)) = (posting.holding, &posting.tags.lot) else { return Ok(()) };
    let brings = match posting.account {
        AccountCode::LONG_POSITIONS | AccountCode::COINS => holding.units.raw() > 0,
        AccountCode::SHORT_POSITIONS => holding.units.raw() < 0,
        // Contracts are long and short in one account: what opened the lot tells.
        _ => books.origins.get(&TextKey::new(lot.as_str())).is_some_and(|origin| origin.seq == entry.seq),
    };
    if !brings {
        return Ok(());
    }
    let left = books
        .pool(holding.commodity, posting.account)
        .iter()
        .find(|l| l.lot == *lot && l.strategy == posting.tags.strategy)
        .map_or(Quantity::ZERO, |l| l.units);
    if left == holding.units {
        return Ok(());
    }
    Err(BookRefusal::LotUsed { lot: lot.clone(), opened: holding.units, left })
}

/// The fill behind an entry, from its facts and postings.
pub(super) fn booked_fill(entry: &Entry) -> Result<Fill, BookRefusal> {
    read_fill(entry).ok_or(BookRefusal::NotReversible { seq: entry.seq, kind: entry.draft.kind })
}

fn read_fill(entry: &Entry) -> Option<Fill> {
    let d = &entry.draft;
    let fact = |name: &str| d.facts.get(name).and_then(Fact::as_str);
    let units = d.postings.iter().find(|p| p.account == AccountCode::UNITS_MARKET)?;
    let accrued = FeeKind::ALL.into_iter().filter_map(|fee| {
        let expense = |p: &&Posting| p.account == fill::fee_account(fee) && p.tags.fee_kind == Some(fee);
        d.postings.iter().find(expense).map(|p| (fee, p.amount))
    });
    let lots = match fact("lot_method") {
        Some("lifo") => LotChoice::Lifo,
        Some("highest_cost") => LotChoice::HighestCost,
        Some("specific") => LotChoice::Specific(named_lots(d.facts.get("lots")?)?),
        _ => LotChoice::Fifo,
    };
    Some(Fill {
        execution: units.tags.fill.clone()?,
        order: fact("order").and_then(|t| t.parse().ok()),
        instrument: units.holding?.commodity,
        currency: units.currency,
        strategy: units.tags.strategy.unwrap_or(StrategyName::External),
        quantity: fact("quantity")?.parse().ok()?,
        price: fact("price")?.parse().ok()?,
        commission: fact("commission")?.parse().ok()?,
        accrued: accrued.collect(),
        settles: fact("settles")?.parse().ok()?,
        session: fact("trade_session").and_then(|t| t.parse().ok()).unwrap_or(d.session),
        effective_at: d.effective_at,
        lots,
        corrects: None,
    })
}

fn named_lots(fact: &Fact) -> Option<Vec<(LotId, Quantity)>> {
    let pair = |f: &Fact| {
        let (lot, units) = (f.get(0)?.as_str()?, f.get(1)?.as_str()?);
        Some((lot.parse().ok()?, units.parse().ok()?))
    };
    fact.as_array()?.iter().map(pair).collect()
}
