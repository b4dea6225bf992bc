//! Floats that accounting assigns, and equity by the books: in the running tree, with books on a disk.

use desk::domain::bot::Command;
use desk::domain::chart::AccountType;
use desk::domain::decimal::Money;
use desk::domain::event::{Body, Event};
use desk::domain::float::{FloatAssigned, FloatAssignment};
use desk::domain::ids::{CalendarName, SessionId};
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::lots::LotMethod;
use desk::domain::symbol::Currency;
use desk::domain::wide::Wide;
use desk::machines::ledger::{BookFact, CashActivity, Unlock};
use desk::world::entering::Author;
use desk::world::playback::Playback;
use desk::world::resume::resume;

use super::{Bot, Scene, run};
use crate::messages::bookkeeping::{Asked, FloatAnswer, FloatAsked, How, Told};
use crate::store::{self, Address, Check};

const DAYS: [&str; 2] = ["2024-05-28", "2024-05-29"];

fn assignment(document: &str, float: i64, from: &str) -> FloatAssignment {
    FloatAssignment {
        document: document.to_owned(),
        assigned_by: "Treasury".to_owned(),
        float: Money::whole(float),
        currency: Currency::USD,
        from: from.parse().unwrap(),
        cash: None,
    }
}

async fn assign(bot: &Bot, assignment: FloatAssignment, may_raise: bool) -> FloatAnswer {
    let asked = FloatAsked { assignment, by: "ann".to_owned(), may_raise };
    bot.tree.bookkeeping().assign_float(asked).await
}

async fn over(bot: &Bot) {
    let last = DAYS[1].parse().unwrap();
    bot.until("over", |b| b.session.as_ref().is_some_and(|s| s.closed && s.id.date == last) && b.open_days.is_empty())
        .await;
}

async fn record(bot: &Bot) -> (Vec<Event>, Vec<Entry>) {
    let (events, entries) = bot.written().await;
    let events = events.iter().map(|bytes| Event::from_bytes(bytes).unwrap()).collect();
    (events, entries.iter().map(|bytes| Entry::from_bytes(bytes).unwrap()).collect())
}

/// LEDG-10: a document assigns once, and from its session on; raising needs a code, lowering does not; nothing is booked; whoever
/// folds the record anew has the same float.
#[test]
fn ledg_10_an_assignment_is_a_limit_from_its_session_on_and_outlives_the_process() {
    run(async {
        let scene = Scene::new(7, &DAYS);
        let first = scene.setup.limits.float;
        let bot = Bot::new("floats", &scene, None).await;
        let raised = assignment("D-1", 150_000, DAYS[0]);
        let refused = assign(&bot, raised.clone(), false).await.unwrap_err();
        assert_eq!(refused.code(), "step_up");
        assert_eq!(
            refused.to_string(),
            "The float stays as it is: this raises the float from 100000.00 to 150000.00 and needs a one-time code, typed for it alone."
        );
        let told = assign(&bot, raised.clone(), true).await.unwrap();
        assert_eq!((told.new, told.assigned.before, told.assigned.by.as_str()), (true, first, "ann"));
        assert!(!assign(&bot, raised.clone(), false).await.unwrap().new, "the same again is no other");
        let other = FloatAssignment { float: Money::whole(9), ..raised.clone() };
        assert_eq!(assign(&bot, other, true).await.unwrap_err().code(), "document_used");
        let euros = FloatAssignment { currency: "EUR".parse().unwrap(), ..assignment("D-2", 5, DAYS[0]) };
        assert_eq!(assign(&bot, euros, true).await.unwrap_err().code(), "float_currency");
        let later = assignment("D-3", 20_000, DAYS[1]);
        assert_eq!(assign(&bot, later.clone(), false).await.unwrap().assigned.before, Money::whole(150_000));
        // One that comes late and begins before another changes nothing of that.
        assert!(assign(&bot, assignment("D-4", 70_000, "2024-05-01"), true).await.unwrap().new);

        let board = bot.until("assigned", |b| b.floats.len() == 3).await;
        assert!(board.alerts.iter().any(|a| a.code == "float_assigned" && a.text.contains("Document D-1 of Treasury")));
        assert_eq!(board.float, first, "before its session it is the set-up's");
        bot.tell(Command::Start).await.unwrap();
        bot.until("the first day's", |b| b.float == Money::whole(150_000)).await;
        over(&bot).await;
        assert_eq!(bot.tree.board.borrow().float, Money::whole(20_000));

        let (events, entries) = record(&bot).await;
        let assigned: Vec<&FloatAssigned> = events
            .iter()
            .filter_map(|e| match &e.body {
                Body::FloatAssigned(assigned) => Some(assigned.as_ref()),
                _ => None,
            })
            .collect();
        assert_eq!(assigned.iter().map(|a| a.assignment.document.as_str()).collect::<Vec<_>>(), ["D-1", "D-3", "D-4"]);
        let moved = entries.iter().filter(|e| matches!(e.draft.kind, EntryKind::FloatIn | EntryKind::FloatOut));
        assert_eq!(moved.count(), 1, "the cash of the set-up alone is booked");

        let (events, entries) = bot.written().await;
        let mut playback = Playback::new(scene.tapes.clone(), Scene::fees());
        let (trader, _) = resume(&scene.setup, events, entries, &mut playback, |_| {}).unwrap();
        assert_eq!(trader.risk().limits().float, Money::whole(20_000));
        assert_eq!(trader.float(), first, "the cash of the set-up is what it was");
        assert_eq!(
            trader.assignment(&later, "bob").unwrap(),
            desk::world::entering::Assigning::Again(assigned[1].clone())
        );
    });
}

/// LEDG-5, RES-8: another lot method holds in the running bot as in a backtest, to the byte, and both verifiers find the books right.
#[test]
fn ledg_5_the_lot_method_of_the_configuration_is_that_of_the_books() {
    run(async {
        let mut scene = Scene::new(7, &DAYS);
        scene.setup.lots = LotMethod::Lifo;
        let whole = scene.backtest().trader.record;
        let bot = Bot::new("lots", &scene, None).await;
        bot.tell(Command::Start).await.unwrap();
        over(&bot).await;
        let (events, entries) = bot.written().await;
        let expected: Vec<Vec<u8>> = whole.events.iter().map(|e| e.to_bytes().unwrap()).collect();
        assert!(events == expected, "the bytes differ");
        assert!(whole.events.iter().any(|e| e.body.kind() == "lots_chosen"));
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains("\"lot_method\":\"lifo\"");
        assert!(entries.iter().any(text) && entries.len() == whole.entries.len());
        let address = Address::Sqlite(bot.folder.join("ledger.db"));
        let report = store::verify(&address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        tbot_verify::verify(&bot.folder.join("ledger.db").display().to_string()).await.unwrap();
    });
}

fn session(day: &str) -> SessionId {
    SessionId { date: day.parse().unwrap(), calendar: CalendarName::Xnys }
}

/// Assets less liabilities, summed over postings; nothing is held at the end.
fn balance_sheet(entries: &[Entry]) -> Money {
    let postings = entries.iter().flat_map(|e| &e.draft.postings);
    let own =
        postings.filter(|p| matches!(AccountType::of(p.account), Some(AccountType::Asset | AccountType::Liability)));
    own.fold(Wide::ZERO, |sum, p| sum + Wide::from(p.amount)).money().unwrap()
}

/// LEDG-3a, REP-8: after days whose fees were rounded equity is the balance sheet's, to the last digit; float that a person books
/// moves it and not the day's result, interest moves both.
#[test]
fn ledg_3a_equity_is_the_balance_sheet_s_and_float_is_no_result() {
    run(async {
        let bot = Bot::new("equity", &Scene::new(7, &DAYS), None).await;
        bot.tell(Command::Start).await.unwrap();
        over(&bot).await;
        let (_, entries) = record(&bot).await;
        let roundings = entries.iter().filter(|e| e.draft.kind == EntryKind::FeeRounding).count();
        assert!(roundings >= 2, "{roundings}");
        let before = bot.tree.board.borrow().day.clone();
        assert_eq!(before.equity, balance_sheet(&entries));
        let parts = [before.realised, before.unrealised, before.open_fees];
        let sum = parts.iter().fold(Wide::ZERO, |sum, p| sum + Wide::from(*p)).money().unwrap();
        assert_eq!(before.net, sum);

        let author = || Author { by: "ann".to_owned(), reason: "as the statement says".to_owned() };
        let unlock = Unlock {
            session: session(DAYS[1]),
            by: "ann".to_owned(),
            second: "bob".to_owned(),
            reason: "late".to_owned(),
            records: super::books::records(&bot).await,
        };
        let ask = |day: Option<SessionId>, fact: BookFact| {
            let asked = Asked { author: author(), day, fact, how: How::AtOnce };
            async { assert!(matches!(bot.tree.bookkeeping().ask(asked).await, Ok(Told::Booked(_)))) }
        };
        ask(None, BookFact::Unlock(unlock)).await;
        let cash = |activity: &str, amount: i64| CashActivity {
            activity: activity.to_owned(),
            amount: Money::whole(amount),
            currency: Currency::USD,
            session: session(DAYS[1]),
            effective_at: format!("{}T15:00:00Z", DAYS[1]).parse().unwrap(),
        };
        let plus = |money: Money, more: i64| money.checked_add(Money::whole(more)).unwrap();
        ask(Some(session(DAYS[1])), BookFact::FloatIn(cash("A-1", 5_000))).await;
        let with_float = bot.until("the float", |b| b.day.equity == plus(before.equity, 5_000)).await;
        assert_eq!(with_float.day.net, before.net, "a float is no result");
        ask(Some(session(DAYS[1])), BookFact::Interest(cash("A-2", 7))).await;
        let with_both = bot.until("the interest", |b| b.day.equity == plus(before.equity, 5_007)).await;
        assert_eq!(with_both.day.net, plus(before.net, 7));
        let (_, entries) = record(&bot).await;
        assert_eq!(with_both.day.equity, balance_sheet(&entries));
    });
}
