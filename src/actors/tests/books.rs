//! Days that are held, entries of persons, days opened again: in the running tree, with books on a disk.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk::domain::bot::{BotState, Caller, Command, Origin, Role, Roles, Who};
use desk::domain::chain::Hash;
use desk::domain::decimal::Money;
use desk::domain::ids::{CalendarName, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{
    Adjustment, BookFact, CashActivity, ClosingRecord, Decision, LotNaming, Mistake, Unlock, YearClose, nameable,
};
use desk::world::day::Review;
use desk::world::entering::Author;
use tokio::time::timeout;

use super::{Bot, Scene, run};
use crate::actors::questions::Questions;
use crate::messages::bookkeeping::{Answer, Asked, How, NotBooked, Told};
use crate::messages::ledger::ToLedger;
use crate::messages::supervisor::Order;
use crate::store::{self, Address, Check};

pub(super) const DAY: &str = "2024-05-28";

pub(super) fn session(day: &str) -> SessionId {
    SessionId { date: day.parse().unwrap(), calendar: CalendarName::Xnys }
}

pub(super) async fn ask(bot: &Bot, by: &str, day: Option<&str>, (fact, how): (BookFact, How)) -> Answer {
    let author = Author { by: by.to_owned(), reason: "as the statement says".to_owned() };
    bot.tree.bookkeeping().ask(Asked { author, day: day.map(session), fact, how }).await
}

/// Shows a fact's entry and books it as it was shown.
pub(super) async fn enter(bot: &Bot, by: &str, day: &str, fact: BookFact) -> Answer {
    match ask(bot, by, Some(day), (fact.clone(), How::Show)).await? {
        Told::Shown(_, hash) => ask(bot, by, Some(day), (fact, How::AsShown(hash))).await,
        booked @ Told::Booked(_) => Ok(booked),
    }
}

pub(super) fn adjustment(item: &str, by: &str, day: &str) -> BookFact {
    let at = format!("{day}T15:00:00Z").parse().unwrap();
    BookFact::Adjustment(Adjustment {
        decision: Decision {
            item: item.to_owned(),
            by: by.to_owned(),
            reason: "a cent of the broker's".to_owned(),
            session: session(day),
            at,
        },
        description: "Rounding of the broker".to_owned(),
        debit: (AccountCode::BROKER_ROUNDING, None),
        credit: (AccountCode::OTHER_INCOME, None),
        amount: "0.01".parse().unwrap(),
        currency: Currency::USD,
    })
}

pub(super) fn float(id: &str, day: &str) -> BookFact {
    BookFact::FloatIn(CashActivity {
        activity: id.to_owned(),
        amount: Money::whole(5_000),
        currency: Currency::USD,
        session: session(day),
        effective_at: format!("{day}T15:00:00Z").parse().unwrap(),
    })
}

/// The closing records, in order.
pub(super) async fn records(bot: &Bot) -> Vec<ClosingRecord> {
    let reader = store::Reader::open(&Address::Sqlite(bot.folder.join("ledger.db"))).await.unwrap();
    let book = reader.books().await.unwrap().remove(0);
    reader.records_from(&book, session("2000-01-03")).await.unwrap()
}

/// An unlock with the records of the days, as the page hands them over.
pub(super) fn unlock_with(by: &str, second: &str, day: &str, records: Vec<ClosingRecord>) -> (BookFact, How) {
    let (by, second, reason) = (by.to_owned(), second.to_owned(), "a wrong fee".to_owned());
    (BookFact::Unlock(Unlock { session: session(day), by, second, reason, records }), How::AtOnce)
}

/// Closes the first open day by hand, as a reviewer does.
async fn close(bot: &Bot) {
    close_day(bot, None).await.unwrap();
}

/// The same of a day.
pub(super) async fn close_day(bot: &Bot, day: Option<&str>) -> super::Answer {
    let caller = Caller {
        who: Who::Person("bob".to_owned()),
        origin: Origin::Web,
        roles: Roles::of(&[Role::Reviewer]),
        stepped_up: false,
    };
    let key = format!("close-{day:?}-{}", entries(bot).await.len());
    let command = Command::CloseDay(day.map(|day| day.parse().unwrap()));
    bot.tree.door.command(Order { key, command, caller, why: String::new() }).await
}

pub(super) async fn entries(bot: &Bot) -> Vec<Entry> {
    bot.written().await.1.iter().map(|bytes| Entry::from_bytes(bytes).unwrap()).collect()
}

pub(super) async fn closed(bot: &Bot, days: usize) {
    bot.until("the feed's end", |b| b.alerts.iter().any(|alert| alert.code == "feed_ended")).await;
    bot.until("closed", |b| b.open_days.is_empty()).await;
    let closes = entries(bot).await.iter().filter(|e| e.draft.kind == EntryKind::DayClose).count();
    assert_eq!(closes, days);
}

pub(super) async fn sound(bot: &Bot) {
    let address = Address::Sqlite(bot.folder.join("ledger.db"));
    let report = store::verify(&address, &Check::default()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let stranger = tbot_verify::verify(&bot.folder.join("ledger.db").display().to_string()).await;
    assert!(stranger.is_ok(), "{stranger:?}");
}

/// LEDG-12, BOOKS.md section 12, check 6: a day with open questions stays open, trading goes on, and the answer closes it.
#[test]
fn ledg_12_a_day_with_open_questions_does_not_close_and_its_answer_closes_it() {
    run(async {
        let open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let looked = Arc::new(AtomicUsize::new(0));
        let (known, looks) = (Arc::clone(&open), Arc::clone(&looked));
        let questions = Questions::new(move |days| {
            let asked = days.iter().any(|day| day.to_string() == DAY);
            let now = if asked { known.lock().unwrap().clone() } else { Vec::new() };
            looks.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(Review::Open { breaks: Vec::new(), queried: now }))
        });
        let bot = Bot::reviewed("queried", &Scene::new(7, &[DAY, "2024-05-29"]), None, questions).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("the feed's end", |b| b.alerts.iter().any(|alert| alert.code == "feed_ended")).await;
        let board = bot.until("held", |b| b.open_days.len() == 2 && b.open_days.iter().all(|d| d.by_itself)).await;
        let [first, second] = board.open_days.as_slice() else { panic!() };
        assert_eq!((first.day, first.why.as_str()), (session(DAY), "a question is open: entry 2"));
        assert_eq!((second.day, second.after), (session("2024-05-29"), Some(first.day)), "days close in their order");
        assert!(board.session.as_ref().unwrap().closed, "the session is over all the same");
        assert!(board.alerts.iter().any(|a| a.code == "day_open" && a.text.contains("2024-05-28 are not closed")));
        let before = entries(&bot).await;
        assert!(before.iter().all(|e| e.draft.kind != EntryKind::DayClose));
        assert!(before.iter().any(|e| e.draft.session == session("2024-05-29")), "trading went on");

        // The review goes on, and the question is still open: nothing happens. Each time the first day is looked at, and then both.
        let seen = looked.load(Ordering::SeqCst);
        bot.tree.bookkeeping().reviewed();
        bot.tree.bookkeeping().reviewed();
        while looked.load(Ordering::SeqCst) < seen + 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        open.lock().unwrap().clear();
        bot.tree.bookkeeping().reviewed();
        closed(&bot, 2).await;
        let after = entries(&bot).await;
        let last: Vec<SessionId> = after.iter().rev().take(2).map(|e| e.draft.session).collect();
        assert_eq!(last, [session("2024-05-29"), session(DAY)], "each with a record of its own");
        let (events, _) = bot.written().await;
        let ends = events.iter().filter(|e| String::from_utf8_lossy(e).contains("session_closed")).count();
        assert_eq!(ends, 2, "a session ends once");
        sound(&bot).await;
    });
}

/// LEDG-7, LEDG-4: a closed day refuses; two persons open it; what is entered then names who; the day closes anew.
#[test]
fn ledg_7_a_closed_day_is_opened_by_two_corrected_and_closed_again() {
    run(async {
        let bot = Bot::new("unlocked", &Scene::new(7, &[DAY]), None).await;
        let early = enter(&bot, "ann", DAY, adjustment("R-0", "ann", DAY)).await.unwrap_err();
        assert!(early.to_string().contains("the first session opens the books"), "{early}");
        bot.tell(Command::Start).await.unwrap();
        closed(&bot, 1).await;

        let shut = enter(&bot, "ann", DAY, adjustment("R-1", "ann", DAY)).await.unwrap_err();
        let said = shut.to_string();
        assert!(said.contains("2024-05-28 is closed") && said.contains("Two reviewers"), "{said}");
        let one = ask(&bot, "ann", None, unlock_with("ann", "ann", DAY, records(&bot).await)).await.unwrap_err();
        assert_eq!(one.code(), "same_person");
        ask(&bot, "ann", None, unlock_with("ann", "bob", DAY, records(&bot).await)).await.unwrap();
        bot.until("open", |b| b.open_days.iter().any(|d| d.why.contains("by ann and bob: a wrong fee"))).await;
        let twice = ask(&bot, "ann", None, unlock_with("ann", "bob", DAY, records(&bot).await)).await.unwrap_err();
        assert_eq!(twice.code(), "not_closed");

        // Shown first; what is booked is what was shown.
        let fact = adjustment("R-1", "ann", DAY);
        let Told::Shown(drafts, _) = ask(&bot, "ann", Some(DAY), (fact.clone(), How::Show)).await.unwrap() else {
            panic!()
        };
        assert_eq!((drafts.len(), drafts[0].by.as_deref()), (1, Some("ann")));
        let other = How::AsShown(Hash::of(b"something else"));
        assert_eq!(ask(&bot, "ann", Some(DAY), (fact.clone(), other)).await.unwrap_err(), NotBooked::Changed);
        enter(&bot, "ann", DAY, fact.clone()).await.unwrap();
        assert_eq!(enter(&bot, "ann", DAY, fact).await.unwrap_err().code(), "already_booked");
        let later = enter(
            &bot,
            "ann",
            DAY,
            BookFact::FloatIn(CashActivity {
                effective_at: "2024-05-30T00:00:00Z".parse().unwrap(),
                ..match float("F-0", DAY) {
                    BookFact::FloatIn(cash) => cash,
                    _ => unreachable!(),
                }
            }),
        );
        assert_eq!(later.await.unwrap_err().code(), "not_yet");

        close(&bot).await;
        closed(&bot, 2).await;
        let entries = entries(&bot).await;
        let kinds: Vec<EntryKind> = entries.iter().rev().take(3).map(|e| e.draft.kind).collect();
        assert_eq!(kinds, [EntryKind::DayClose, EntryKind::Adjustment, EntryKind::Unlock]);
        assert_eq!(entries.last().unwrap().draft.source_key, "XNYS:2024-05-28:2");
        let memo = entries.iter().find(|e| e.draft.kind == EntryKind::Unlock).unwrap();
        assert_eq!(memo.draft.facts.get("second").and_then(Fact::as_str), Some("bob"));
        assert!(enter(&bot, "ann", DAY, adjustment("R-2", "ann", DAY)).await.is_err());
        sound(&bot).await;
    });
}

/// LEDG-7, D1: a refusal may rest on what is not durable yet, and whoever hears it reads the books: it is told when they hold that. One
/// behind nothing is told at once, though the books cannot be written.
#[test]
fn ledg_7_a_refusal_is_told_when_what_it_rests_on_is_durable() {
    run(async {
        let bot = Bot::new("refused-later", &Scene::new(7, &[DAY]), None).await;
        bot.tell(Command::Start).await.unwrap();
        closed(&bot, 1).await;
        let records = records(&bot).await;
        let full = |full| bot.tree.wiring.ledger.deliver(ToLedger::Full(full)).unwrap();
        full(true);
        let at_once = ask(&bot, "ann", None, unlock_with("ann", "ann", DAY, records.clone())).await;
        assert_eq!(at_once.unwrap_err().code(), "same_person");
        let unlock = || ask(&bot, "ann", None, unlock_with("ann", "bob", DAY, records.clone()));
        let (mut first, mut second) = (Box::pin(unlock()), Box::pin(unlock()));
        let while_full = Duration::from_millis(300);
        assert!(timeout(while_full, &mut first).await.is_err());
        assert!(timeout(while_full, &mut second).await.is_err(), "the books do not hold yet that the day is open");
        full(false);
        first.await.unwrap();
        assert_eq!(second.await.unwrap_err().code(), "not_closed");
    });
}

/// LEDG-12: a day that does not reconcile stays open and says which check; the bot lives on, and the reversal closes it.
#[test]
fn ledg_12_a_wrong_float_keeps_the_day_open_until_it_is_reversed() {
    run(async {
        let bot = Bot::new("unreconciled", &Scene::new(7, &[DAY]), None).await;
        bot.tell(Command::Start).await.unwrap();
        closed(&bot, 1).await;
        ask(&bot, "ann", None, unlock_with("ann", "bob", DAY, records(&bot).await)).await.unwrap();
        let Told::Booked(numbers) = enter(&bot, "ann", DAY, float("F-1", DAY)).await.unwrap() else { panic!() };
        close(&bot).await;
        let broken = bot.until("held", |b| b.open_days.iter().any(|d| d.why.contains("cash in USD"))).await;
        assert!(!broken.open_days[0].by_itself);
        assert_ne!(broken.state, BotState::Error);

        let all = entries(&bot).await;
        let entry = all.iter().find(|e| e.seq == numbers[0]).unwrap().clone();
        assert_eq!((entry.draft.kind, entry.draft.by.as_deref()), (EntryKind::FloatIn, Some("ann")));
        assert_eq!(entry.draft.reason.as_deref(), Some("as the statement says"));
        let mistake =
            Mistake { entry, by: "bob".to_owned(), reason: "it never came".to_owned(), session: session(DAY) };
        enter(&bot, "bob", DAY, BookFact::Mistake(Box::new(mistake))).await.unwrap();
        let year = BookFact::YearClose(YearClose { session: session(DAY), by: "bob".to_owned() });
        enter(&bot, "bob", DAY, year.clone()).await.unwrap();
        assert_eq!(enter(&bot, "bob", DAY, year).await.unwrap_err(), NotBooked::Nothing);
        close(&bot).await;
        closed(&bot, 2).await;
        sound(&bot).await;
    });
}

/// LEDG-5: in the open day of a running bot an accountant names the lots of a sale; the pair of entries names who and why, is booked
/// once, and the day closes against the same venue. Of a closed day nothing is named.
#[test]
fn ledg_5_an_accountant_names_the_lots_of_a_sale_before_its_day_is_closed() {
    run(async {
        let open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let known = Arc::clone(&open);
        let questions = Questions::new(move |_| {
            std::future::ready(Ok(Review::Open { breaks: Vec::new(), queried: known.lock().unwrap().clone() }))
        });
        let bot = Bot::reviewed("named", &Scene::new(7, &[DAY]), None, questions).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("held", |b| !b.open_days.is_empty()).await;
        let sale = entries(&bot).await.into_iter().rev().find(|e| nameable(e).is_ok()).unwrap();
        let position = |p: &&desk::domain::journal::Posting| p.account.is_position();
        let lots = sale.draft.postings.iter().filter(position);
        let lots: Vec<_> = lots.map(|p| (p.tags.lot.clone().unwrap(), p.holding.unwrap().units.magnitude())).collect();
        let naming = |lots: Vec<_>| {
            let (by, reason) = ("ann".to_owned(), "the older lot is kept".to_owned());
            BookFact::Lots(Box::new(LotNaming { entry: sale.clone(), lots, by, reason }))
        };
        let unknown = vec![("NOBODY-x1".parse().unwrap(), lots[0].1)];
        assert_eq!(enter(&bot, "ann", DAY, naming(unknown)).await.unwrap_err().code(), "unknown_lot");
        let Told::Booked(numbers) = enter(&bot, "ann", DAY, naming(lots.clone())).await.unwrap() else { panic!() };
        assert_eq!(numbers.len(), 2);
        let all = entries(&bot).await;
        let [undone, again] = &all[all.len() - 2..] else { panic!() };
        assert_eq!((undone.draft.reverses, again.draft.corrects), (Some(sale.seq), Some(sale.seq)));
        assert_eq!(again.draft.facts.get("lot_method").and_then(Fact::as_str), Some("specific"));
        assert!([undone, again].iter().all(|e| e.draft.by.as_deref() == Some("ann")));
        assert_eq!(enter(&bot, "ann", DAY, naming(lots.clone())).await.unwrap_err().code(), "already_booked");

        open.lock().unwrap().clear();
        bot.tree.bookkeeping().reviewed();
        closed(&bot, 1).await;
        assert_eq!(enter(&bot, "ann", DAY, naming(lots)).await.unwrap_err().code(), "day_shut");
        sound(&bot).await;
    });
}

/// LEDG-5, BOOKS.md section 3: the mark of a wash sale is booked by itself, right behind the fill that asks for it, and the books
/// ask for none that they do not hold.
#[test]
fn ledg_5_a_loss_that_is_bought_again_is_marked_when_the_later_fill_is_booked() {
    let scene = Scene::new(7, &["2024-05-28", "2024-05-29", "2024-05-30", "2024-05-31"]);
    let trader = scene.backtest().trader;
    let entries: Vec<_> = trader.record.entries.iter().map(|stored| stored.entry().unwrap()).collect();
    let marks: Vec<_> = entries.iter().filter(|e| e.draft.kind == EntryKind::WashSale).collect();
    assert!(!marks.is_empty() && trader.books().wash_sales().is_empty());
    for mark in marks {
        let fill = entries[..usize::try_from(mark.seq).unwrap() - 1]
            .iter()
            .rfind(|e| e.draft.kind == EntryKind::Fill)
            .unwrap();
        assert_eq!((mark.booked_at, mark.draft.session), (fill.booked_at, fill.draft.session));
        let (lot, key) = (mark.draft.facts["replacement_lot"].as_str().unwrap(), &mark.draft.source_key);
        assert!(key.ends_with(&format!(":{lot}")) && lot.ends_with(&fill.draft.source_key), "{key} after {fill:?}");
    }
}
