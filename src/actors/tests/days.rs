//! Several days that are over and open: each is closed by the figures of its own end, in their order (LEDG-12, decision 0026).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk::domain::bot::Command;
use desk::domain::journal::{Entry, EntryKind};
use desk::machines::ledger::{BookFact, BrokerFigures, Mistake};
use desk::world::day::Review;

use super::books::{
    DAY, adjustment, ask, close_day, closed, enter, entries, float, records, session, sound, unlock_with,
};
use super::{Bot, Scene, run};
use crate::actors::questions::Questions;
use crate::messages::board::Board;
use crate::messages::bookkeeping::Told;
use crate::messages::ledger::{Over, ToLedger, Why};
use crate::store::{self, Address};

const NEXT: &str = "2024-05-29";
const PACE: Duration = Duration::from_millis(15);

/// The open questions about the first day.
type Open = Arc<Mutex<Vec<String>>>;

fn queried(open: &Open) -> Questions {
    queried_on(DAY, open)
}

/// The same about another day.
fn queried_on(of: &'static str, open: &Open) -> Questions {
    let known = Arc::clone(open);
    Questions::new(move |days| {
        let asked = days.iter().any(|day| day.to_string() == of);
        let queried = if asked { known.lock().unwrap().clone() } else { Vec::new() };
        std::future::ready(Ok(Review::Open { breaks: Vec::new(), queried }))
    })
}

fn close_of<'a>(entries: &'a [Entry], day: &str) -> (usize, &'a Entry) {
    let is = |e: &&Entry| e.draft.kind == EntryKind::DayClose && e.draft.session == session(day);
    let at = entries.iter().position(|e| is(&e)).unwrap();
    (at, &entries[at])
}

/// LEDG-12: a day that a question keeps open is closed while the next one trades, by another process than the one that saw its end.
/// Its record says what the day came to then, and what was entered since; the next day closes on its own.
#[test]
fn ledg_12_a_day_is_closed_while_the_next_one_trades_and_over_a_kill() {
    run(async {
        let scene = Scene::new(7, &[DAY, NEXT]);
        let open: Open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let killed = Bot::reviewed("two-days", &scene, Some(PACE), queried(&open)).await;
        killed.tell(Command::Start).await.unwrap();
        killed.until("the next day trades", |b| trades(b, NEXT) && b.open_days.len() == 1).await;
        let running = close_day(&killed, Some(NEXT)).await.unwrap_err();
        assert!(running.to_string().contains("still trades"), "{running}");
        let bot = killed.after_a_kill("two-days-later", &scene, PACE, queried(&open)).await;
        let held = bot.until("held", |b| b.open_days.first().is_some_and(|d| d.by_itself)).await;
        let first = &held.open_days[0];
        assert_eq!((first.day, first.closable, first.after), (session(DAY), true, None));
        assert_eq!(first.why, "a question is open: entry 2", "it was tried again");
        enter(&bot, "ann", DAY, adjustment("R-1", "ann", DAY)).await.unwrap();
        open.lock().unwrap().clear();
        bot.tree.bookkeeping().reviewed();
        let board = bot.until("closed", |b| b.open_days.is_empty()).await;
        assert!(!board.session.as_ref().unwrap().closed, "the next day goes on");
        let shut = enter(&bot, "ann", DAY, adjustment("R-2", "ann", DAY)).await.unwrap_err();
        assert_eq!(shut.code(), "day_shut");
        bot.tell(Command::Start).await.unwrap();
        closed(&bot, 2).await;
        sound(&bot).await;

        let all = entries(&bot).await;
        let (at, close) = close_of(&all, DAY);
        assert!(all[..at].iter().any(|e| e.draft.session == session(NEXT)), "the next day had entries");
        assert!(all[at..].iter().all(|e| e.seq == close.seq || e.draft.session == session(NEXT)));
        let alone = Scene::new(7, &[DAY]).backtest().trader.record.entries;
        let alone: Vec<Entry> = alone.into_iter().map(|stored| stored.entry().unwrap()).collect();
        assert_eq!(close.draft.facts["equity"], close_of(&alone, DAY).1.draft.facts["equity"], "as if closed in time");
        let [one, two] = records(&bot).await.try_into().unwrap();
        let own = all.iter().filter(|e| e.draft.session == session(DAY) && e.seq < close.seq).count();
        assert_eq!((one.session, one.entries), (session(DAY), u64::try_from(own).unwrap()));
        assert_eq!(
            (two.session, two.previous_record),
            (session(NEXT), desk::domain::chain::Hash::of(&one.to_bytes().unwrap()))
        );
        assert!(two.first_seq < one.last_seq, "what it covers began before the first day was closed");
    });
}

/// LEDG-12, K9: days are held by a question, and the session after them brings no entry at all. What is tried again, by as many
/// processes as there are, ends no session a second time, and each day closes by the figures of its own end.
#[test]
fn ledg_12_days_are_tried_again_behind_a_quiet_session_and_over_kills() {
    run(async {
        let scene = Scene::new(7, &[DAY, NEXT, "2024-05-30"]);
        let open: Open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let mut bot = Bot::reviewed("quiet", &scene, Some(PACE), queried(&open)).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("the first day is over", |b| b.session.as_ref().is_some_and(|s| s.id == session(NEXT))).await;
        bot.tell(Command::Stop).await.unwrap();
        let over = |b: &Board| {
            b.session.as_ref().is_some_and(|s| s.id == session("2024-05-30") && s.closed) && b.open_days.len() == 2
        };
        bot.until("the quiet session is over", over).await;
        for name in ["quiet-2", "quiet-3"] {
            bot = bot.after_a_kill(name, &scene, PACE, queried(&open)).await;
            bot.until("held", |b| b.open_days.len() == 2 && b.open_days.iter().all(|d| d.by_itself)).await;
        }
        open.lock().unwrap().clear();
        bot.tree.bookkeeping().reviewed();
        bot.until("closed", |b| b.open_days.is_empty()).await;
        sound(&bot).await;
        let days: Vec<_> = records(&bot).await.into_iter().map(|r| r.session).collect();
        assert_eq!(days, [session(DAY), session(NEXT)]);
        bot.after_a_kill("quiet-4", &scene, PACE, queried(&open)).await;
    });
}

/// LEDG-12: of two days that are over and open the later one is refused, with the name of the one that comes first; each record names
/// whoever closed it.
#[test]
fn ledg_12_open_days_are_closed_by_name_and_in_order() {
    run(async {
        let scene = Scene::new(7, &[DAY, NEXT]);
        let open: Open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let bot = Bot::reviewed("by-name", &scene, None, queried(&open)).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("two open days", |b| b.open_days.len() == 2 && b.open_days[1].by_itself).await;
        let refused = close_day(&bot, Some(NEXT)).await.unwrap_err();
        assert!(refused.to_string().contains("Close XNYS:2024-05-28 first"), "{refused}");
        open.lock().unwrap().clear();
        close_day(&bot, None).await.unwrap();
        bot.until("one open day", |b| b.open_days.len() == 1).await;
        close_day(&bot, Some(NEXT)).await.unwrap();
        closed(&bot, 2).await;
        sound(&bot).await;
        let by: Vec<(String, String)> =
            records(&bot).await.into_iter().map(|r| (r.session.date.to_string(), r.closed_by)).collect();
        assert_eq!(by, [(DAY.to_owned(), "bob".to_owned()), (NEXT.to_owned(), "bob".to_owned())]);
        let none = close_day(&bot, Some(DAY)).await.unwrap_err();
        assert!(none.to_string().contains("is no day that is over and open"), "{none}");
    });
}

/// Whether this session trades.
fn trades(board: &Board, day: &str) -> bool {
    board.session.as_ref().is_some_and(|s| s.id == session(day) && !s.closed) && !board.positions.is_empty()
}

/// LEDG-7, LEDG-12: a day that two persons opened again while the next one trades is closed again at once, by another process than the
/// one that opened it, by the figures that its record holds; the next day goes on and closes by its own.
#[test]
fn ledg_7_a_day_opened_again_is_closed_again_while_the_next_one_trades() {
    run(async {
        let (scene, nothing) = (Scene::new(7, &[DAY, NEXT]), Open::default());
        let killed = Bot::reviewed("again", &scene, Some(PACE), queried(&nothing)).await;
        killed.tell(Command::Start).await.unwrap();
        killed.until("the next day trades", |b| trades(b, NEXT) && b.open_days.is_empty()).await;
        let first = records(&killed).await;
        // Whoever read the records before the day was closed has them read again; nothing is opened by older figures.
        let behind = ask(&killed, "ann", None, unlock_with("ann", "bob", DAY, Vec::new())).await.unwrap_err();
        assert_eq!(behind.code(), "records_behind");
        ask(&killed, "ann", None, unlock_with("ann", "bob", DAY, first.clone())).await.unwrap();
        let closable = |b: &Board| b.open_days.iter().any(|open| open.day == session(DAY) && open.closable);
        killed.until("open", closable).await;
        let bot = killed.after_a_kill("again-later", &scene, PACE, queried(&nothing)).await;
        bot.until("open still", |b| closable(b) && b.session.is_some()).await;
        enter(&bot, "ann", DAY, adjustment("R-1", "ann", DAY)).await.unwrap();
        close_day(&bot, Some(DAY)).await.unwrap();
        let board = bot.until("closed", |b| b.open_days.is_empty()).await;
        assert!(!board.session.as_ref().unwrap().closed, "the next day goes on");
        let again = records(&bot).await.remove(1);
        assert_eq!((again.session, again.n, again.closed_by.as_str()), (session(DAY), 2, "bob"));
        assert_eq!((&again.broker, &again.prices), (&first[0].broker, &first[0].prices));
        bot.tell(Command::Start).await.unwrap();
        closed(&bot, 3).await;
        sound(&bot).await;
    });
}

/// LEDG-7, LEDG-12: a day is opened again under one that is over and held. What was entered into it is undone on the later day, so that
/// it agrees only together with that one: the later day takes it along, fills and all, while a third one trades.
#[test]
fn ledg_7_a_held_day_takes_along_the_one_that_was_opened_again_before_it() {
    run(async {
        let scene = Scene::new(7, &[DAY, NEXT, "2024-05-30"]);
        let open: Open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let bot = Bot::reviewed("along", &scene, Some(PACE), queried_on(NEXT, &open)).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("the third day", |b| trades(b, "2024-05-30") && b.open_days.len() == 1).await;
        ask(&bot, "ann", None, unlock_with("ann", "bob", DAY, records(&bot).await)).await.unwrap();
        let Told::Booked(numbers) = enter(&bot, "ann", DAY, float("F-1", DAY)).await.unwrap() else { panic!() };
        close_day(&bot, Some(DAY)).await.unwrap();
        bot.until("its check", |b| b.open_days.iter().any(|d| d.why.contains("cash in USD"))).await;
        let entry = entries(&bot).await.into_iter().find(|e| e.seq == numbers[0]).unwrap();
        let (by, reason) = ("bob".to_owned(), "it never came".to_owned());
        let mistake = Mistake { entry, by, reason, session: session(NEXT) };
        enter(&bot, "bob", NEXT, BookFact::Mistake(Box::new(mistake))).await.unwrap();
        open.lock().unwrap().clear();
        bot.tree.bookkeeping().reviewed();
        let board = bot.until("closed", |b| b.open_days.is_empty()).await;
        assert_eq!(board.session.as_ref().map(|s| (s.id, s.closed)), Some((session("2024-05-30"), false)));
        let [one, two] = records(&bot).await.try_into().unwrap();
        assert_eq!((two.session, two.first_seq > one.last_seq), (session(NEXT), true));
        assert!(one.broker.executions.iter().all(|own| two.broker.executions.contains(own)));
        // One record covers both now: they are opened together, from the first on.
        let both = ask(&bot, "ann", None, unlock_with("ann", "bob", NEXT, records(&bot).await)).await.unwrap_err();
        assert_eq!(both.code(), "closed_together");
        assert!(both.to_string().contains("closed together with XNYS:2024-05-28"), "{both}");
        let reader = store::Reader::open(&Address::Sqlite(bot.folder.join("ledger.db"))).await.unwrap();
        let reviewed = reader.reviewable(&reader.books().await.unwrap()[0]).await.unwrap();
        let along = [DAY, NEXT].map(|day| reviewed.taken_along(day.parse().unwrap()));
        assert_eq!(along, [None, Some(DAY.parse().unwrap())]);
        closed(&bot, 3).await;
        sound(&bot).await;
    });
}

/// LEDG-12: what the broker says to a close that a person asked for comes when the next session has begun. The day is closed all the
/// same, by the figures of its own end and in that person's name.
#[test]
fn ledg_12_a_close_whose_answer_comes_late_is_carried_out_by_the_day_s_own_figures() {
    run(async {
        let open: Open = Arc::new(Mutex::new(vec!["entry 2".to_owned()]));
        let bot = Bot::reviewed("late-answer", &Scene::new(7, &[DAY, NEXT]), Some(PACE), queried(&open)).await;
        bot.tell(Command::Start).await.unwrap();
        let board = bot.until("the next day trades", |b| trades(b, NEXT) && b.open_days.len() == 1).await;
        open.lock().unwrap().clear();
        let why = Why::Again(Some("bob".to_owned()));
        let over = Over { at: board.at, session: session(DAY), next: session(NEXT), why };
        let figures = Box::new(BrokerFigures::default());
        bot.tree.wiring.ledger.deliver(ToLedger::Close { over, figures }).unwrap();
        bot.until("closed", |b| b.open_days.is_empty()).await;
        assert_eq!(records(&bot).await[0].closed_by, "bob");
        closed(&bot, 2).await;
        sound(&bot).await;
    });
}
