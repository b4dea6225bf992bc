//! Builders: a desk's books with their journal, and facts with sensible defaults.

use std::collections::BTreeSet;

use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{Identity, SessionId, StrategyName};
use desk::domain::journal::{AccountCode, Draft, FeeKind};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Span, Timestamp};
use desk::machines::ledger::{
    BookFact, BookRefusal, Books, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CashActivity, Closing,
    DayClose, Fill, Head, Journal, ListedPrice, LotChoice, OpenQuestions, PriceList, Sealed, SessionEnd, Settlement,
};

pub(crate) fn identity() -> Identity {
    "EXAMPLE_US_SIM_01".parse().unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub(crate) fn units(text: &str) -> Quantity {
    text.parse().unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

/// The n-th of June 2026; the first is a Monday.
pub(crate) fn june(day: i64) -> Date {
    Date::new(2026, 6, day).unwrap()
}

pub(crate) fn session(day: i64) -> SessionId {
    SessionId::xnys(june(day))
}

/// 14:00 UTC of a day of June 2026.
pub(crate) fn at(day: i64) -> Timestamp {
    june(day).midnight() + Span::minutes(14 * 60)
}

/// A fill of `open` on a day of June 2026 that settles on the next day, without fees.
pub(crate) fn fill(id: &str, day: i64, instrument: &str, quantity: &str, price: &str) -> Fill {
    Fill {
        execution: id.parse().unwrap(),
        order: None,
        instrument: symbol(instrument),
        currency: Currency::USD,
        strategy: StrategyName::Open,
        quantity: units(quantity),
        price: price.parse().unwrap(),
        commission: Money::ZERO,
        accrued: Vec::new(),
        settles: june(day + 1),
        session: session(day),
        effective_at: at(day),
        lots: LotChoice::Fifo,
        corrects: None,
    }
}

pub(crate) fn with_fees(fill: Fill, commission: &str, sec: &str, taf: &str) -> Fill {
    let accrued = vec![(FeeKind::Sec, money(sec)), (FeeKind::Taf, money(taf))];
    Fill { commission: money(commission), accrued, ..fill }
}

pub(crate) fn float(day: i64, amount: &str) -> BookFact {
    BookFact::FloatIn(CashActivity {
        activity: format!("float-{day}"),
        amount: money(amount),
        currency: Currency::USD,
        session: session(day),
        effective_at: at(day),
    })
}

pub(crate) fn settlement(day: i64) -> BookFact {
    BookFact::Settlement(Settlement { date: june(day), session: session(day) })
}

pub(crate) fn rounding(day: i64) -> BookFact {
    BookFact::FeeRounding(SessionEnd { session: session(day) })
}

/// Books, their journal, and what a store would hold.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) books: Books,
    pub(crate) journal: Journal,
    pub(crate) stored: Vec<Sealed>,
    /// Closing records by the entry that holds their hash.
    pub(crate) closings: Vec<(u64, Closing)>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            books: Books::new(identity()),
            journal: Journal::new(identity()),
            stored: Vec::new(),
            closings: Vec::new(),
        }
    }

    /// Decides, seals and folds; gives the drafts.
    pub(crate) fn book(&mut self, day: i64, fact: &BookFact) -> Result<Vec<Draft>, BookRefusal> {
        let drafts = self.books.decide(at(day), fact)?;
        for draft in &drafts {
            self.seal(day, draft.clone());
        }
        Ok(drafts)
    }

    pub(crate) fn seal(&mut self, day: i64, draft: Draft) {
        let sealed = self.journal.append(draft, at(day)).unwrap();
        self.books.apply(&sealed.entry);
        self.stored.push(sealed);
    }

    pub(crate) fn fill(&mut self, fill: Fill) -> Draft {
        let day = fill.session.date.ymd().2;
        self.book(day, &BookFact::Fill(fill)).unwrap().remove(0)
    }

    /// A close whose broker agrees with the books.
    pub(crate) fn agreed(&self, day: i64, executions: &[&Fill]) -> DayClose {
        DayClose { head: self.journal.head(), ..Self::agreed_with(&self.books, day, executions) }
    }

    /// A close whose broker agrees with some books.
    pub(crate) fn agreed_with(books: &Books, day: i64, executions: &[&Fill]) -> DayClose {
        let cash = books.cash(Currency::USD).unwrap();
        let reported = |f: &&Fill| BrokerExecution {
            id: f.execution.clone(),
            instrument: f.instrument,
            quantity: f.quantity,
            price: f.price,
        };
        let held = books.positions().unwrap();
        DayClose {
            session: session(day),
            next_session: session(day + 1),
            prices: listed(books, day),
            questions: OpenQuestions::default(),
            broker: BrokerFigures {
                executions: executions.iter().map(reported).collect(),
                positions: held
                    .into_iter()
                    .map(|(instrument, quantity)| BrokerPosition { instrument, quantity })
                    .collect(),
                cash: vec![BrokerCash { currency: Currency::USD, total: cash.total, settled: Some(cash.settled) }],
                activities: Vec::new(),
            },
            head: Head::default(),
            schema: 1,
            program: "tbot 0.1.0".to_owned(),
            by: "setup".to_owned(),
        }
    }

    pub(crate) fn close(&mut self, day: i64, close: &DayClose) -> Result<(), BookRefusal> {
        let closing = self.books.close(at(day), close)?;
        self.seal_close(day, closing);
        Ok(())
    }

    /// The books of a day alone.
    pub(crate) fn of_day(&self, day: i64) -> Books {
        self.books.of_day(session(day), self.stored.iter().map(|sealed| &sealed.entry))
    }

    /// Closes a day from its own books, whatever later days have.
    pub(crate) fn close_apart(&mut self, day: i64, close: &DayClose) -> Result<(), BookRefusal> {
        let close = DayClose { head: self.journal.head(), ..close.clone() };
        let closing = self.books.close_as(&self.of_day(day), at(day), &close)?;
        self.seal_close(day, closing);
        Ok(())
    }

    fn seal_close(&mut self, day: i64, closing: Closing) {
        self.seal(day, closing.draft.clone());
        self.closings.push((self.books.last_seq(), closing));
    }
}

/// The prices of what is held and of what was traded: 51.00 for ACME, 79.00 for BOLT, 10.00 for anything else.
fn listed(books: &Books, day: i64) -> PriceList {
    let held = books.positions().unwrap().into_keys();
    let symbols: BTreeSet<Symbol> = held.chain(books.traded()).collect();
    let price = |symbol: &Symbol| match symbol.as_str() {
        "ACME" => "51.00",
        "BOLT" => "79.00",
        _ => "10.00",
    };
    let line = |instrument: Symbol| ListedPrice {
        instrument,
        currency: Currency::USD,
        multiplier: Quantity::whole(1),
        price: Some(price(&instrument).parse().unwrap()),
        at: Some(at(day)),
    };
    let prices = symbols.into_iter().map(line).collect();
    PriceList { source: PriceList::BARS.to_owned(), at: at(day), prices }
}

/// A draft's postings of an account, as `amount`.
pub(crate) fn amounts(draft: &Draft, account: AccountCode) -> Vec<String> {
    draft.postings.iter().filter(|p| p.account == account).map(|p| p.amount.to_string()).collect()
}

/// All postings of a draft as `account amount units lot item`, empty parts left out.
pub(crate) fn lines(draft: &Draft) -> Vec<String> {
    let line = |p: &desk::domain::journal::Posting| {
        let mut text = format!("{} {}", p.account, p.amount);
        let mut add = |part: Option<String>| {
            if let Some(part) = part {
                text.push(' ');
                text.push_str(&part);
            }
        };
        add(p.holding.map(|h| format!("({})", h.units)));
        add(p.tags.lot.as_ref().map(ToString::to_string));
        add(p.tags.item.as_ref().map(ToString::to_string));
        text
    };
    draft.postings.iter().map(line).collect()
}
