//! The world simulator over thousands of seeds: every kind of fault and crash is met, all strategies trade, and no
//! invariant of `faults.md` is broken. `TBOT_WORLD_SESSIONS` says how many seeds (2 000 by default), `TBOT_WORLD_SEED`
//! the first one.
#![expect(clippy::print_stdout, reason = "the counts are what a reader of the test wants to see")]

use desk::world::faults::crash::Step;
use desk::world::faults::runs::Runner;

/// How many seeds all kinds of faults and crashes must have been met within.
const ENOUGH: u64 = 500;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn no_fault_and_no_crash_breaks_an_invariant() {
    let (first, count) = (number("TBOT_WORLD_SEED", 0), number("TBOT_WORLD_SESSIONS", 2_000));
    let mut runner = Runner::new().unwrap();
    for seed in first..first + count {
        if let Err(failed) = runner.seed(seed) {
            panic!(
                "{failed}\nplay it again: TBOT_WORLD_SESSIONS=1 TBOT_WORLD_SEED={seed} cargo test -p desk --test world\n\
                 or: cargo run --release -p desk --example faults -- --sessions 1 --seed {seed}"
            );
        }
    }
    let tally = &runner.tally;
    println!("{tally}");
    if count < ENOUGH {
        return;
    }
    for step in Step::ALL {
        assert!(tally.crashes.contains_key(step.as_str()), "no process was stopped at: {}", step.as_str());
    }
    for fault in [
        "answer late",
        "answer lost",
        "answer overtaken by a later one",
        "answer repeated",
        "answer to a process that is gone",
        "answers shuffled",
        "command late",
        "command lost",
        "command repeated",
        "end that tells too little",
        "entries refused by script",
        "exits refused by script",
        "instrument halted",
        "stop withdrawn by the venue",
    ] {
        assert!(tally.faults.contains_key(fault), "never met: {fault}");
    }
    for strategy in ["open", "mid", "close"] {
        assert!(tally.trades.contains_key(strategy), "no trade of {strategy}");
    }
    for event in ["unknown", "not_accepted", "refused", "cancel_intended", "amended", "triggered", "entry_missed"] {
        assert!(tally.events.contains_key(event), "never recorded: {event}");
    }
    assert!(tally.compared > 0 && tally.returned > 0 && tally.reopened > 0);
}

#[test]
fn a_crash_at_every_step_of_a_short_session_breaks_no_invariant() {
    let mut runner = Runner::new().unwrap();
    let steps = runner.every_step(0).unwrap_or_else(|failed| panic!("stopped at step {failed}"));
    println!("stopped at each of {steps} steps");
    assert!(steps > 500 && runner.tally.trades.len() == 3, "{}", runner.tally);
}
