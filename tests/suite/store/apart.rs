//! A day that was closed while the next one had entries, on both engines and before both verifiers (LEDG-12, decision 0026).

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::StrategyName;
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::domain::time::{Span, Timestamp};
use desk::machines::ledger::record::{balances_bytes, hash_of};
use desk::machines::ledger::{
    BookFact, Books, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CashActivity, Closing, Contract,
    ContractFill, DayClose, Journal, LotChoice, OpenQuestions, Opening, PriceList, Settlement, Unlock, Variation,
};
use tbot::store::{self, Batch, Check, taken};

use super::sample;
use super::tampering::{stranger, tampered};
use crate::places::Place;

/// 14:00 UTC of a day.
fn at(day: i64) -> Timestamp {
    sample::session(day).date.midnight() + Span::minutes(14 * 60)
}

/// Books of two days; the first is closed when the second has entries.
struct Made {
    books: Books,
    journal: Journal,
    entries: Vec<Entry>,
    closings: Vec<(u64, Closing)>,
    /// What the broker has executed, by day.
    executions: Vec<(i64, BrokerExecution)>,
}

impl Made {
    fn book(&mut self, day: i64, fact: &BookFact) {
        for draft in self.books.decide(at(day), fact).unwrap() {
            let sealed = self.journal.append(draft, at(2)).unwrap();
            self.books.apply(&sealed.entry);
            self.entries.push(sealed.entry);
        }
    }

    fn float(&mut self, day: i64, id: &str) {
        let (session, effective_at) = (sample::session(day), at(day));
        let (activity, amount) = (id.to_owned(), Money::whole(1_000));
        self.book(
            day,
            &BookFact::FloatIn(CashActivity { activity, amount, currency: Currency::USD, session, effective_at }),
        );
    }

    fn brought_in(&mut self, day: i64, symbol: &str) {
        let opening = Opening {
            instrument: symbol.parse().unwrap(),
            quantity: Quantity::whole(10),
            cost: Money::whole(500),
            currency: Currency::USD,
            acquired: "2026-05-01".parse().unwrap(),
            session: sample::session(day),
            effective_at: at(day),
        };
        self.book(day, &BookFact::Opening(opening));
    }

    /// Closes a day from its own books; its broker agrees. What the record covers may be made another before it is sealed.
    fn close(&mut self, day: i64, forge: impl Fn(&Books, &mut Closing)) {
        let own = self.books.of_day(sample::session(day), self.entries.iter());
        let cash = own.cash(Currency::USD).unwrap();
        let held = own.positions().unwrap().into_iter();
        let executed = self.executions.iter().filter(|(of, _)| *of <= day).map(|(_, execution)| execution.clone());
        let mut broker = BrokerFigures {
            executions: executed.collect(),
            positions: held.map(|(instrument, quantity)| BrokerPosition { instrument, quantity }).collect(),
            cash: vec![BrokerCash { currency: Currency::USD, total: cash.total, settled: Some(cash.settled) }],
            ..BrokerFigures::default()
        };
        own.leave_compared(&mut broker);
        let close = DayClose {
            session: sample::session(day),
            next_session: sample::session(day + 1),
            broker,
            prices: PriceList { source: PriceList::BARS.to_owned(), at: at(day), prices: Vec::new() },
            questions: OpenQuestions::default(),
            head: self.journal.head(),
            schema: 1,
            program: "tbot 0.1.0".to_owned(),
            by: "ann".to_owned(),
        };
        let mut closing = self.books.close_as(&own, at(day), &close).unwrap();
        forge(&self.books, &mut closing);
        closing.bytes = closing.record.to_bytes().unwrap();
        closing.hash = Hash::of(&closing.bytes);
        closing.draft.facts.insert("record".into(), closing.hash.to_string().into());
        let sealed = self.journal.append(closing.draft.clone(), at(2)).unwrap();
        self.books.apply(&sealed.entry);
        self.closings.push((sealed.entry.seq, closing));
        self.entries.push(sealed.entry);
    }

    /// 1, 2 of the first day; 3, 4 of the second; 5 late of the first; 6 closes it; 7 of the second; 8 closes that.
    fn new(forge: impl Fn(&Books, &mut Closing)) -> Self {
        let identity = sample::identity();
        let (books, journal) = (Books::new(identity.clone()), Journal::new(identity));
        let mut made = Self { books, journal, entries: Vec::new(), closings: Vec::new(), executions: Vec::new() };
        made.float(1, "float-1");
        made.brought_in(1, "ACME");
        made.float(2, "float-2");
        made.brought_in(2, "BOLT");
        made.float(1, "float-3");
        made.close(1, forge);
        made.float(2, "float-4");
        made.close(2, |_, _| ());
        made
    }

    fn contract(&mut self, day: i64, id: &str, quantity: i64, price: &str) {
        let multiplier = Quantity::whole(5);
        let execution = BrokerExecution {
            id: id.parse().unwrap(),
            instrument: "MESU6".parse().unwrap(),
            quantity: Quantity::whole(quantity),
            price: price.parse().unwrap(),
        };
        self.executions.push((day, execution));
        self.book(
            day,
            &BookFact::ContractFill(ContractFill {
                execution: id.parse().unwrap(),
                order: None,
                instrument: "MESU6".parse().unwrap(),
                contract: Contract::Future { multiplier },
                currency: Currency::USD,
                strategy: StrategyName::Open,
                quantity: Quantity::whole(quantity),
                price: price.parse().unwrap(),
                fees: Vec::new(),
                coin_fee: None,
                expiry: false,
                settles: sample::session(day + 1).date,
                session: sample::session(day),
                effective_at: at(day),
                lots: LotChoice::Fifo,
            }),
        );
    }

    /// 1 and 2 open contracts, 3 settles them at 103.00, 4 and 5 are of a later day; 6 closes the first day late and 7 the second.
    fn contracts() -> Self {
        let identity = sample::identity();
        let (books, journal) = (Books::new(identity.clone()), Journal::new(identity));
        let mut made = Self { books, journal, entries: Vec::new(), closings: Vec::new(), executions: Vec::new() };
        made.contract(1, "x1", 2, "100.00");
        made.contract(1, "x2", 1, "101.00");
        made.book(
            1,
            &BookFact::Variation(Variation {
                instrument: "MESU6".parse().unwrap(),
                multiplier: Quantity::whole(5),
                price: "103.00".parse().unwrap(),
                currency: Currency::USD,
                settles: sample::session(2).date,
                session: sample::session(1),
                effective_at: at(1),
            }),
        );
        made.book(2, &BookFact::Settlement(Settlement { date: sample::session(2).date, session: sample::session(2) }));
        made.contract(2, "x3", 4, "104.00");
        made.close(1, |_, _| ());
        made.close(2, |_, _| ());
        made
    }

    /// Then 9 opens both days again, 10 is of the first, 11 closes it and 12 the second.
    fn opened_again() -> Self {
        let mut made = Self::new(|_, _| ());
        let records = made.closings.iter().map(|(_, closing)| closing.record.clone()).collect();
        let (by, second, reason) = ("ann".to_owned(), "bob".to_owned(), "a cent is missing".to_owned());
        made.book(2, &BookFact::Unlock(Unlock { session: sample::session(1), by, second, reason, records }));
        made.float(1, "float-5");
        made.close(1, |_, _| ());
        made.close(2, |_, _| ());
        made
    }

    async fn store(&self, place: &Place) {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let closings: Vec<_> = self.closings.iter().map(|(seq, c)| taken::closing(*seq, c, None)).collect();
        writer.append(&Batch { entries: &self.entries, closings: &closings, events: &[] }).await.unwrap();
        // The closed day takes nothing more, whoever asks the database.
        let mut late = self.entries[0].clone();
        (late.seq, late.draft.source_key) = (self.entries.last().unwrap().seq + 1, "float-6".to_owned());
        let batch = Batch { entries: &[late], ..Batch::default() };
        let refused = writer.append(&batch).await.unwrap_err().to_string();
        assert!(refused.contains("the session is closed"), "{refused}");
        writer.close().await.unwrap();
    }
}

type Forge = fn(&Books, &mut Closing);

/// What somebody changes in a file, and the table and entry where it is found.
const TOUCHED: [(&str, &str, u64); 8] = [
    ("UPDATE closing_balance SET amount = amount + 1 WHERE seq = 6 AND line = 1", "closing_balance", 6),
    ("DELETE FROM closing_lot WHERE seq = 8 AND line = 2", "closing_lot", 8),
    ("UPDATE closing_lot SET reference = 5 WHERE seq = 8 AND line = 1", "closing_lot", 8),
    // In front of the true line, another one of the same account or lot.
    (
        "UPDATE closing_balance SET line = line + 100 WHERE seq = 6;
         INSERT INTO closing_balance SELECT book, seq, 1, account, currency, commodity, strategy, amount + 5, units
         FROM closing_balance WHERE seq = 6 AND line = 101",
        "closing_balance",
        6,
    ),
    (
        "UPDATE closing_lot SET line = line + 100 WHERE seq = 6;
         INSERT INTO closing_lot SELECT book, seq, 1, account, currency, commodity, lot, units + 5, cost, reference
         FROM closing_lot WHERE seq = 6 AND line = 101",
        "closing_lot",
        6,
    ),
    // Two lines that sum to the true one.
    (
        "UPDATE closing_lot SET line = line + 100 WHERE seq = 6;
         INSERT INTO closing_lot SELECT book, seq, 1, account, currency, commodity, lot, units + 5, cost, reference
         FROM closing_lot WHERE seq = 6 AND line = 101;
         INSERT INTO closing_lot SELECT book, seq, 2, account, currency, commodity, lot, -5, 0, reference
         FROM closing_lot WHERE seq = 6 AND line = 101;
         DELETE FROM closing_lot WHERE seq = 6 AND line = 101",
        "closing_lot",
        6,
    ),
    ("UPDATE closing_record SET bytes = hash WHERE seq = 6", "closing_record", 6),
    ("UPDATE entry SET session = 20260601 WHERE seq = 3", "entry", 3),
];

/// LEDG-12, LEDG-4a: both verifiers compute what the closed day came to from its own entries and those before it. Neither a record that
/// was made with the sums of all entries, every hash right, nor a touched one passes.
#[tokio::test]
async fn ledg_12_a_day_closed_beside_a_later_one_is_verified_by_its_own_entries_on_both_engines() {
    for place in Place::each("apart").await {
        let made = Made::new(|_, _| ());
        assert_eq!(made.closings[0].1.record.entries, 3);
        made.store(&place).await;
        let report = store::verify(&place.address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        stranger(&place.address).await.unwrap();
    }
    for (n, (script, table, seq)) in TOUCHED.into_iter().enumerate() {
        for place in Place::each(&format!("apart_touched{n}")).await {
            Made::new(|_, _| ()).store(&place).await;
            let found = tampered(&place.address, script).await;
            assert_eq!((found.table, found.seq), (table, Some(seq)), "{script}: {found}");
        }
    }
    // As a close of everything would have it.
    let forges: [(&str, Forge); 5] = [
        ("closing_balance", |all, closing| {
            closing.balances = all.closing_balances();
            closing.record.closing_balances = Hash::of(&balances_bytes(&closing.balances));
        }),
        ("closing_lot", |all, closing| {
            closing.lots = all.closing_lots();
            closing.record.closing_lots = hash_of(&closing.lots).unwrap();
        }),
        // The lines are right; what the record seals is another list, of the same lots by another holder among them.
        ("closing_record", |_, closing| closing.record.closing_balances = Hash::of(b"[]")),
        ("closing_record", |_, closing| closing.record.closing_lots = Hash::of(b"[]")),
        ("closing_record", |_, closing| {
            let mut lots = closing.lots.clone();
            lots[0].strategy = Some(StrategyName::Mid);
            closing.record.closing_lots = hash_of(&lots).unwrap();
        }),
    ];
    for (n, (table, forge)) in forges.into_iter().enumerate() {
        for place in Place::each(&format!("apart_forged{n}")).await {
            Made::new(forge).store(&place).await;
            let report = store::verify(&place.address, &Check::default()).await.unwrap();
            let found = report.finding.unwrap();
            assert_eq!((found.table, found.seq), (table, Some(6)), "{found}");
            assert!(matches!(stranger(&place.address).await, Err(tbot_verify::Wrong::Touched(_))), "{table}");
        }
    }
    // What a record says that it covers, the stand-alone verifier counts.
    let counted: [Forge; 3] =
        [|_, c| c.record.entries = 5, |_, c| c.record.postings += 2, |_, c| c.record.first_seq = 2];
    for (n, forge) in counted.into_iter().enumerate() {
        for place in Place::each(&format!("apart_counted{n}")).await {
            Made::new(forge).store(&place).await;
            assert!(matches!(stranger(&place.address).await, Err(tbot_verify::Wrong::Touched(_))), "{n}");
        }
    }
}

/// LEDG-7, LEDG-4a: sums that a verifier has drawn up of a closed day count no more once it was opened again.
#[tokio::test]
async fn ledg_7_days_opened_again_after_a_late_close_are_verified_anew_on_both_engines() {
    for place in Place::each("apart_again").await {
        let made = Made::opened_again();
        assert_eq!(
            made.closings.iter().map(|(seq, c)| (*seq, c.record.n)).collect::<Vec<_>>(),
            [(6, 1), (8, 1), (11, 2), (12, 2)]
        );
        made.store(&place).await;
        let report = store::verify(&place.address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        stranger(&place.address).await.unwrap();
    }
}

/// LEDG-4a, BOOKS.md section 7: what a lot of a contract was last settled at is computed anew from its opening and the daily settlements; a
/// line or a record that says otherwise is found.
#[tokio::test]
async fn ledg_4a_the_reference_of_a_contract_is_computed_anew_on_both_engines() {
    let settled = |made: &Made, n: usize| {
        let lots = made.closings[n].1.lots.iter();
        lots.map(|lot| lot.reference.unwrap().to_string()).collect::<Vec<_>>()
    };
    for place in Place::each("contracts").await {
        let made = Made::contracts();
        assert_eq!(settled(&made, 0), ["103.00", "103.00"]);
        assert_eq!(settled(&made, 1), ["103.00", "103.00", "104.00"]);
        made.store(&place).await;
        let report = store::verify(&place.address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        let script = "UPDATE closing_lot SET reference = reference + 1 WHERE seq = 7 AND line = 3";
        let found = tampered(&place.address, script).await;
        assert_eq!((found.table, found.seq), ("closing_lot", Some(7)), "{found}");
    }
}
