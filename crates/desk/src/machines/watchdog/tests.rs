use super::*;
use crate::domain::bot::ActorName;
use crate::domain::ids::StrategyName;
use crate::domain::time::{Span, Timestamp};

const MID: ActorName = ActorName::Strategy(StrategyName::Mid);

fn ms(n: i64) -> Span {
    Span::nanos(n * 1_000_000)
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000) + ms(n)
}

fn watching(names: &[ActorName]) -> Watchdog {
    let mut dog = Watchdog::new(Tolerance::default());
    for name in names {
        dog.register(at(0), *name, ms(50));
    }
    dog
}

fn panicked() -> Trouble {
    Trouble::Panicked { what: "index out of bounds".to_owned() }
}

fn rebuild(after: i64, attempt: usize) -> Outcome {
    Outcome::Rebuild { after: ms(after), attempt }
}

/// Looks every 250 ms; `beats` says who answers when.
fn run(dog: &mut Watchdog, from: i64, to: i64, beats: impl Fn(i64, ActorName) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for n in (from..=to).step_by(250) {
        for name in [ActorName::Ledger, ActorName::Reporter, MID] {
            if beats(n, name) {
                dog.beat(at(n), name);
            }
        }
        found.extend(dog.due(at(n)));
    }
    found
}

#[test]
fn life_11_who_hangs_is_noticed_within_two_seconds_and_ends_the_process() {
    for name in [ActorName::Ledger, ActorName::Reporter, MID] {
        let mut dog = watching(&[ActorName::Ledger, ActorName::Reporter, MID]);
        let found = run(&mut dog, 0, 9_000, |n, who| who != name || n <= 4_000);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.name, name);
        assert!(finding.at > at(4_000) && finding.at <= at(6_000), "{finding:?}");
        assert_eq!(finding.outcomes.first(), Some(&Outcome::Freeze));
        assert_eq!(finding.outcomes.last(), Some(&Outcome::EndProcess));
        let marked = finding.outcomes.contains(&Outcome::Suspend(StrategyName::Mid));
        assert_eq!(marked, name == MID, "a durable mark suspends a strategy alone");
        assert!(!dog.all_well(at(9_000)) && dog.answered(name).is_none());
    }
    let mut dog = watching(&[MID]);
    run(&mut dog, 0, 1_000, |_, _| true);
    let found = dog.due(at(2_400));
    assert_eq!(found, [], "1400 ms are no hang");
    assert!(dog.all_well(at(2_400)));
}

#[test]
fn a_watchdog_that_slept_itself_blames_nobody() {
    let mut dog = watching(&[ActorName::Ledger, MID]);
    assert_eq!(run(&mut dog, 0, 1_000, |_, _| true), []);
    // The machine was suspended for an hour.
    assert_eq!(dog.due(at(3_600_000)), []);
    // A strategy that stays silent afterwards is found all the same.
    let found = run(&mut dog, 3_600_250, 3_603_000, |_, who| who != MID);
    assert_eq!(found.iter().map(|f| f.name).collect::<Vec<_>>(), [MID]);
}

#[test]
fn life_11_who_panics_or_stops_is_rebuilt_in_place_later_each_time() {
    let mut dog = watching(&[ActorName::Reporter]);
    for (n, trouble, after) in [(0, panicked(), 100), (1, Trouble::Stopped, 200), (2, panicked(), 400)] {
        let now = at(n * 1_000);
        let finding = dog.failed(now, ActorName::Reporter, trouble).unwrap();
        assert_eq!(finding.outcomes, [rebuild(after, usize::try_from(n).unwrap() + 1)]);
        assert_eq!(dog.failed(now, ActorName::Reporter, Trouble::Stopped), None, "it is down already");
        dog.rebuilt(now + ms(after), ActorName::Reporter);
        assert_eq!(dog.restarts(ActorName::Reporter), u32::try_from(n).unwrap() + 1);
    }
    // What lies five minutes back is forgotten.
    let later = dog.failed(at(302_001), ActorName::Reporter, panicked()).unwrap();
    assert_eq!(later.outcomes, [rebuild(100, 1)]);
    assert_eq!(dog.fault(ActorName::Reporter), Some("panicked: index out of bounds"));
}

#[test]
fn life_11_more_than_three_failures_in_five_minutes_escalate() {
    let mut dog = watching(&[ActorName::Reporter]);
    for n in 0..3 {
        dog.failed(at(n * 90_000), ActorName::Reporter, panicked());
        dog.rebuilt(at(n * 90_000 + 500), ActorName::Reporter);
    }
    let finding = dog.failed(at(299_999), ActorName::Reporter, panicked()).unwrap();
    assert_eq!(finding.outcomes, [Outcome::Freeze, Outcome::Escalate { failures: 4 }, rebuild(800, 4)]);
    assert_eq!(
        finding.to_string(),
        "reporter panicked: index out of bounds; entries are frozen; it failed 4 times in a short while, so the bot \
         goes to error; it is rebuilt in 800 ms."
    );
    // Failures of others do not count for it, those of an earlier process do.
    let mut dog = watching(&[ActorName::Ledger, ActorName::Reporter, MID]);
    dog.remember(MID, &[at(-9_000), at(-6_000), at(-3_000), at(-400_000)]);
    dog.failed(at(0), ActorName::Reporter, panicked());
    let found = run(&mut dog, 0, 2_000, |_, who| who == ActorName::Ledger);
    let hung = found.iter().find(|f| f.name == MID).unwrap();
    assert!(hung.outcomes.contains(&Outcome::Escalate { failures: 4 }), "{hung:?}");
}

#[test]
fn life_11_the_wait_grows_to_its_bound_and_never_beyond() {
    let mut dog = watching(&[ActorName::Reporter]);
    let mut last = Span::ZERO;
    for n in 0..100 {
        let finding = dog.failed(at(n), ActorName::Reporter, Trouble::Stopped).unwrap();
        let Some(Outcome::Rebuild { after, .. }) = finding.outcomes.last() else { panic!() };
        assert!(*after >= last && *after <= Span::seconds(30), "{after:?}");
        last = *after;
        dog.rebuilt(at(n), ActorName::Reporter);
    }
    assert_eq!(last, Span::seconds(30));
}

#[test]
fn life_11_losing_ledger_or_risk_freezes_at_once_before_any_restart() {
    for (name, freezes) in [
        (ActorName::Ledger, true),
        (ActorName::Risk, true),
        (ActorName::KillSwitch, true),
        (ActorName::Reporter, false),
        (ActorName::Screener, false),
    ] {
        let outcomes = watching(&[name]).failed(at(5), name, panicked()).unwrap().outcomes;
        assert_eq!(outcomes.first() == Some(&Outcome::Freeze), freezes, "{name}");
        assert_eq!(outcomes.last(), Some(&rebuild(100, 1)));
    }
}

#[test]
fn life_9_a_strategy_that_fails_is_suspended_and_rebuilt_to_look_after_its_positions() {
    let mut dog = watching(&[MID]);
    let outcomes = dog.failed(at(0), MID, panicked()).unwrap().outcomes;
    assert_eq!(outcomes, [Outcome::Suspend(StrategyName::Mid), rebuild(100, 1)]);
    dog.rebuilt(at(100), MID);
    let again = dog.failed(at(200), MID, panicked()).unwrap().outcomes;
    assert_eq!(again, [rebuild(200, 2)], "suspended once is suspended");
}

#[test]
fn life_11_a_rebuilding_that_hangs_is_a_hang() {
    let mut dog = watching(&[ActorName::Ledger]);
    dog.failed(at(0), ActorName::Ledger, panicked());
    dog.beat(at(1_000), ActorName::Ledger);
    assert_eq!(run(&mut dog, 0, 1_500, |_, _| false), []);
    let found = run(&mut dog, 1_750, 2_000, |_, _| false);
    assert_eq!(found.iter().map(|f| f.trouble.code()).collect::<Vec<_>>(), ["hung"]);
}

#[test]
fn life_11_a_strategy_over_its_budget_is_suspended_before_it_hangs() {
    let mut dog = watching(&[MID, ActorName::Ledger]);
    assert_eq!(dog.step(at(0), MID, ms(50)), None, "within its budget");
    assert_eq!(dog.step(at(1), MID, ms(51)), None);
    assert_eq!(dog.step(at(2), MID, ms(80)), None);
    let finding = dog.step(at(3), MID, ms(60)).unwrap();
    assert_eq!(finding.outcomes, [Outcome::Suspend(StrategyName::Mid)]);
    assert_eq!(finding.trouble.to_string(), "took 60 ms for a step of at most 50 ms, 3 times lately");
    assert_eq!(dog.step(at(4), MID, ms(9_000)), None, "it is out already");
    // A gross overrun suspends at once; overruns of others are counted and shown.
    dog.reinstate(MID);
    assert!(dog.step(at(400_000), MID, ms(511)).is_some());
    assert_eq!(dog.step(at(5), ActorName::Ledger, ms(9_000)), None);
    assert!(dog.fault(ActorName::Ledger).unwrap().starts_with("took 9000 ms"));
}
