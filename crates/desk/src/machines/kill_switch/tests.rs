use proptest::prelude::*;

use super::*;
use crate::domain::bot::{Mark, Scope, Who};
use crate::domain::decimal::Quantity;
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::market::Side;
use crate::domain::order::{Purpose, Refusal, Report};
use crate::domain::seed::Seed;
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000) + Span::nanos(ms * 1_000_000)
}

fn order(text: &str) -> OrderId {
    text.parse().unwrap()
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn mark() -> Mark {
    Mark { at: at(0), who: Who::Owner, why: "drill".to_owned() }
}

fn kill() -> KillSwitch {
    KillSwitch::begin(Verb::Kill, Scope::All, mark())
}

fn entry(name: &str) -> Entry {
    Entry { order: order(name), strategy: StrategyName::Open, symbol: symbol("SPY"), unresolved: false }
}

fn held(name: &str, quantity: i64) -> Held {
    Held {
        decision: name.parse().unwrap(),
        entry: order(&format!("{name}-entry")),
        strategy: StrategyName::Mid,
        symbol: symbol(name),
        side: Side::Long,
        quantity: Quantity::whole(quantity),
        exits: 0,
        exiting: false,
        protected: true,
    }
}

fn stop_of(name: &str) -> Protective {
    let decision = name.parse().unwrap();
    Protective { order: order(&format!("{name}-stop")), decision, strategy: StrategyName::Mid, symbol: symbol(name) }
}

fn view(ms: i64, entries: &[&str], positions: &[(&str, i64)]) -> Confirmed {
    Confirmed {
        at: at(ms),
        entries: entries.iter().map(|e| entry(e)).collect(),
        protective: positions.iter().map(|(name, _)| stop_of(name)).collect(),
        positions: positions.iter().map(|(name, n)| held(name, *n)).collect(),
        unexplained: Vec::new(),
        halted: Vec::new(),
        market_open: true,
    }
}

/// Decides and sends, all in one millisecond.
fn round(switch: &mut KillSwitch, ms: i64, view: &Confirmed) -> Vec<String> {
    switch.see(at(ms), view);
    let steps = switch.decide(at(ms), view);
    for step in &steps {
        switch.sent(at(ms), step);
    }
    steps.iter().map(word).collect()
}

fn word(step: &Step) -> String {
    match step {
        Step::Cancel(order) => format!("cancel {order}"),
        Step::Query(order) => format!("query {order}"),
        Step::Exit(exit) => format!("exit {} {} #{}", exit.symbol, exit.quantity, exit.attempt),
    }
}

#[test]
fn risk_14_cancels_of_entries_go_first_then_the_exits() {
    let mut switch = kill();
    let sent = round(&mut switch, 3, &view(2, &["e1", "e2"], &[("AAPL", 10), ("MSFT", 20)]));
    assert_eq!(sent, ["cancel e1", "cancel e2", "exit AAPL 10 #1", "exit MSFT 20 #1"]);
    assert_eq!(switch.to_last_cancel(), Some(Span::nanos(3_000_000)));
}

/// RISK-15a: what the broker holds and nobody here has bought keeps a kill from its end, until somebody closed it there. A
/// flatten touches what is the bot's own: it ends, and its receipt tells of the rest.
#[test]
fn risk_15a_what_no_record_explains_is_never_called_flat() {
    let stray = |ms| Confirmed {
        unexplained: vec![Unexplained { symbol: symbol("AAPL"), quantity: Quantity::whole(-7) }],
        ..view(ms, &[], &[])
    };
    for (verb, scope, waits, told) in [
        (Verb::Kill, Scope::All, true, true),
        (Verb::Flatten, Scope::All, false, true),
        (Verb::Flatten, Scope::Symbol(symbol("AAPL")), false, true),
        (Verb::Flatten, Scope::Symbol(symbol("MSFT")), false, false),
        (Verb::Flatten, Scope::Strategy(StrategyName::Mid), false, false),
    ] {
        let mut switch = KillSwitch::begin(verb, scope, mark());
        assert!(round(&mut switch, 3, &stray(2)).is_empty(), "nothing here can close it");
        assert_eq!(switch.is_done(), !waits, "{verb:?}");
        let said = switch.pending(Some(&stray(2))).join(" ");
        assert_eq!(said.contains("AAPL: the broker holds -7 that no record here explains"), told, "{said}");
        let receipt = switch.receipt(at(3), Some(&stray(2)));
        let on_it = |left: &Left| left.unexplained.iter().map(|u| u.quantity).eq(told.then_some(Quantity::whole(-7)));
        assert!(on_it(&receipt.opened) && receipt.left.as_ref().is_some_and(on_it), "{receipt:?}");
        round(&mut switch, 60_000, &view(59_999, &[], &[]));
        assert!(switch.is_done());
    }
}

#[test]
fn exec_3_an_entry_of_which_nobody_knows_is_cancelled_and_asked_for() {
    let mut unknown = view(2, &["e1"], &[]);
    unknown.entries[0].unresolved = true;
    let mut switch = kill();
    assert_eq!(round(&mut switch, 3, &unknown), ["cancel e1", "query e1"]);
    assert_eq!(
        switch.pending(Some(&unknown)),
        ["SPY: nobody knows yet whether the entry e1 arrived; the broker is asked."]
    );
}

#[test]
fn risk_14_it_is_repeated_until_the_broker_has_confirmed_it() {
    let mut switch = kill();
    let open = |ms| view(ms, &["e1"], &[("AAPL", 10)]);
    assert_eq!(round(&mut switch, 0, &open(0)).len(), 2);
    assert!(round(&mut switch, 999, &open(990)).is_empty(), "not before a second has passed");
    assert_eq!(round(&mut switch, 1_000, &open(1_000)), ["cancel e1", "exit AAPL 10 #1"]);
    // The broker's word is older than what was sent: the cancel is repeated, the exit is not.
    assert_eq!(round(&mut switch, 2_000, &open(1_000)), ["cancel e1"]);
    // The entry is gone, and a first part of the exit has filled.
    let mut part = view(2_500, &[], &[("AAPL", 4)]);
    part.positions[0].exits = 2;
    assert_eq!(round(&mut switch, 2_500, &part), ["exit AAPL 4 #3"]);
    part.positions[0].exiting = true;
    assert!(round(&mut switch, 9_000, &Confirmed { at: at(9_000), ..part.clone() }).is_empty());
    assert_eq!(switch.pending(Some(&part)), ["AAPL: the exit of 4 works."]);
    // An old word that nothing is left is no confirmation.
    switch.see(at(9_001), &view(2_400, &[], &[]));
    assert!(!switch.is_done());
    switch.see(at(9_002), &view(9_001, &[], &[]));
    assert_eq!(switch.to_flat(), Some(Span::nanos(9_002_000_000)));
    // A late fill turns up (B6): it is not done after all.
    assert_eq!(round(&mut switch, 9_500, &view(9_400, &[], &[("TSLA", 5)])), ["exit TSLA 5 #1"]);
    assert!(!switch.is_done());
}

#[test]
fn exec_10a_a_position_that_cannot_be_closed_keeps_its_stop() {
    let mut halted = view(0, &["e1"], &[("AAPL", 10), ("TSLA", 5)]);
    halted.halted.push(symbol("TSLA"));
    let mut switch = kill();
    assert_eq!(round(&mut switch, 0, &halted), ["cancel e1", "exit AAPL 10 #1"]);
    let left = Confirmed { at: at(10), entries: Vec::new(), ..halted.clone() };
    assert_eq!(
        switch.pending(Some(&left)),
        [
            "AAPL: 10 are held after an exit; the next one follows.",
            "TSLA is halted; its stop stays at the broker; asked again every second."
        ]
    );
    let closed = Confirmed { market_open: false, ..view(0, &["e1"], &[("AAPL", 10)]) };
    let mut switch = kill();
    assert_eq!(round(&mut switch, 0, &closed), ["cancel e1"]);
    assert!(!switch.is_done());
    assert_eq!(
        switch.pending(Some(&closed))[1],
        "AAPL: the market is closed; its stop stays at the broker until it opens."
    );
    assert_eq!(switch.pending(None), ["The broker does not answer; it is asked again every second."]);
}

#[test]
fn exec_10a_protection_is_withdrawn_alone_only_where_nothing_is_left_to_protect() {
    let mut switch = kill();
    let mut left = view(0, &[], &[("AAPL", 10)]);
    left.protective.push(stop_of("SPY"));
    assert_eq!(round(&mut switch, 0, &left), ["exit AAPL 10 #1", "cancel SPY-stop"]);
    // While an entry in its symbol may still fill, it stays.
    left.entries.push(entry("e1"));
    assert_eq!(round(&mut switch, 2_000, &left), ["cancel e1"]);
}

#[test]
fn risk_15a_each_verb_and_scope_touches_what_it_says() {
    let mut all = view(0, &["e1"], &[("AAPL", 10), ("SPY", 7)]);
    all.entries[0].symbol = symbol("SPY");
    for (verb, scope, sent) in [
        (Verb::Cancel, Scope::All, vec!["cancel e1"]),
        (Verb::Flatten, Scope::All, vec!["cancel e1", "exit AAPL 10 #1", "exit SPY 7 #1"]),
        (Verb::Flatten, Scope::Symbol(symbol("SPY")), vec!["cancel e1", "exit SPY 7 #1"]),
        (Verb::Flatten, Scope::Strategy(StrategyName::Open), vec!["cancel e1"]),
        (Verb::Flatten, Scope::Strategy(StrategyName::Mid), vec!["exit AAPL 10 #1", "exit SPY 7 #1"]),
        (Verb::Flatten, Scope::Order(order("AAPL-stop")), vec!["exit AAPL 10 #1"]),
        (Verb::Flatten, Scope::Order(order("AAPL-entry")), vec!["exit AAPL 10 #1"]),
        (Verb::Cancel, Scope::Order(order("e1")), vec!["cancel e1"]),
        (Verb::Flatten, Scope::Order(order("nobody")), vec![]),
    ] {
        let mut switch = KillSwitch::begin(verb, scope.clone(), mark());
        assert_eq!(round(&mut switch, 0, &all), sent, "{verb:?} {scope:?}");
    }
    // A cancel is done when no entry works, whatever is held.
    let mut switch = KillSwitch::begin(Verb::Cancel, Scope::All, mark());
    round(&mut switch, 0, &all);
    switch.see(at(5), &view(4, &[], &[("AAPL", 10)]));
    assert!(switch.is_done());
}

#[test]
fn risk_14_a_last_cancel_that_takes_too_long_is_alarmed() {
    let limit = Span::seconds(1);
    let mut switch = kill();
    assert!(!switch.is_late(at(1_000), limit) && switch.is_late(at(1_001), limit), "nothing confirmed, nothing sent");
    let open = view(0, &["e1", "e2"], &[]);
    switch.see(at(0), &open);
    switch.sent(at(1), &Step::Cancel(order("e1")));
    assert!(switch.is_late(at(1_001), limit), "one is missing");
    switch.sent(at(900), &Step::Cancel(order("e2")));
    switch.sent(at(5_000), &Step::Cancel(order("e2")));
    assert_eq!(switch.to_last_cancel(), Some(Span::nanos(900_000_000)), "a repeat does not count");
    assert!(!switch.is_late(at(9_000), limit));
}

#[test]
fn risk_15a_the_receipt_says_who_why_what_and_how_long() {
    let mut switch = kill();
    round(&mut switch, 7, &view(5, &["e1"], &[("AAPL", 10)]));
    switch.hear(at(8), &Report::Refused { order: order("x1"), why: Refusal::Halted });
    switch.see(at(1_500), &view(1_400, &[], &[]));
    let receipt = switch.receipt(at(1_501), Some(&view(1_400, &[], &[])));
    let text = String::from_utf8(receipt.to_bytes().unwrap()).unwrap();
    let expected = concat!(
        r#"{"v":1,"verb":"kill","scope":{"of":"all"},"mark":{"at":"2027-01-15T08:00:00Z","who":{"kind":"owner"},"why":"drill"},"#,
        r#""added":[],"at":"2027-01-15T08:00:01.501Z","opened":{"entries":["e1"],"protective":["AAPL-stop"],"#,
        r#""positions":[{"symbol":"AAPL","strategy":"mid","side":"long","quantity":"10"}]},"cancels_sent":1,"exits_sent":1,"#,
        r#""last_cancel_ms":7,"flat_ms":1500,"left":{"entries":[],"protective":[],"positions":[]},"#,
        r#""said":[{"at":"2027-01-15T08:00:00.008Z","text":"x1 refused: the instrument is halted"}]}"#
    );
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    // WEB-2c: a reason given afterwards is added; the bytes, and with them the signature, are others.
    let added = receipt.clone().with_reason(Mark { why: "the feed was wrong".to_owned(), ..mark() });
    assert_ne!(added.hash().unwrap(), receipt.hash().unwrap());
}

#[test]
fn risk_15a_the_receipt_names_every_way_that_tripped_it_the_first_one_leading() {
    let by = |who: &str, why: &str| Mark { who: Who::OwnerBy(who.to_owned()), why: why.to_owned(), ..mark() };
    let mut switch = kill();
    for again in [
        mark(),
        Mark { why: String::new(), ..mark() },
        by("signal SIGUSR2", ""),
        by("flag file control_kill.flag", "gone wild"),
        by("signal SIGUSR2", "the same way, told again"),
    ] {
        switch.asked_again(again);
    }
    let receipt = switch.receipt(at(9), None);
    assert_eq!(receipt.mark, mark());
    assert_eq!(receipt.also, [by("signal SIGUSR2", ""), by("flag file control_kill.flag", "gone wild")]);
    let text = String::from_utf8(receipt.to_bytes().unwrap()).unwrap();
    assert!(text.contains(r#""also":[{"at":"#), "{text}");
    assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
}

#[test]
fn risk_14a_what_is_sent_can_only_reduce() {
    let identity = "RIGD_US_SIM_01".parse().unwrap();
    let mut switch = kill();
    let open = view(0, &[], &[("AAPL", 10)]);
    switch.see(at(0), &open);
    let steps = switch.decide(at(0), &open);
    let [Step::Exit(exit)] = steps.as_slice() else { panic!() };
    let reducing = exit.reducing(&identity, 3, "XNYS:2027-01-15".parse().unwrap(), at(0)).unwrap();
    assert!(matches!(reducing.intent().purpose, Purpose::Exit { .. }));
    assert_eq!(reducing.intent().quantity, Quantity::whole(10));
}

#[test]
fn risk_16_a_drill_comes_to_its_end_and_says_how() {
    let report = drill(Seed(7), 100);
    assert_eq!(report.failures, Vec::<String>::new());
    assert_eq!((report.entries, report.positions), (60, 20));
    let opened = &report.receipt.opened;
    assert_eq!((opened.entries.len(), opened.protective.len(), opened.positions.len()), (60, 40, 20));
    assert!(report.receipt.last_cancel_ms.unwrap() < 1_000, "{:?}", report.receipt.last_cancel_ms);
    assert!(report.receipt.flat_ms.unwrap() > 1_000);
    assert_eq!(report.receipt.left.as_ref().unwrap(), &Left::default());
    assert_eq!(report, drill(Seed(7), 100), "the same seed, the same drill");
    assert_ne!(report.steps, drill(Seed(8), 100).steps);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn risk_16_every_drill_passes(seed: u64, orders in 1_usize..120) {
        let report = drill(Seed(seed), orders);
        prop_assert!(report.passed(), "{:?}\n{:#?}", report.failures, report.steps);
        prop_assert_eq!(report.entries + 2 * report.positions, orders);
    }
}
