//! Plays seeds of the world simulator: `faults [--sessions N] [--seed S] [--every-step]`.
//!
//! Without arguments it plays 2 000 seeds from 0 on, and prints what was met and how fast it was. It stops at the first
//! seed that fails; `--sessions 1 --seed S` plays that one again.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    reason = "a runner measures wall time and prints it"
)]

use std::process::ExitCode;
use std::time::Instant;

use desk::world::faults::runs::Runner;

/// What was asked for.
struct Asked {
    sessions: u64,
    seed: u64,
    every_step: bool,
}

fn asked() -> Option<Asked> {
    let mut asked = Asked { sessions: 2_000, seed: 0, every_step: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--sessions" => asked.sessions = words.next()?.parse().ok()?,
            "--seed" => asked.seed = words.next()?.parse().ok()?,
            "--every-step" => asked.every_step = true,
            _ => return None,
        }
    }
    Some(asked)
}

fn main() -> ExitCode {
    let Some(asked) = asked() else {
        eprintln!("usage: faults [--sessions N] [--seed S] [--every-step]");
        return ExitCode::from(2);
    };
    match run(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &Asked) -> Result<(), String> {
    let mut runner = Runner::new().map_err(|e| e.to_string())?;
    let begin = Instant::now();
    if asked.every_step {
        let steps = runner.every_step(asked.seed).map_err(|e| format!("stopped at step {e}"))?;
        println!("stopped at each of {steps} steps of a short session in {:.1?}", begin.elapsed());
    } else {
        for seed in asked.seed..asked.seed.saturating_add(asked.sessions) {
            runner.seed(seed).map_err(|failed| {
                let again = format!("cargo run --release -p desk --example faults -- --sessions 1 --seed {seed}");
                format!("{failed}\nplay it again: {again}")
            })?;
        }
        let minutes = begin.elapsed().as_secs_f64() / 60.0;
        let sessions = u32::try_from(runner.tally.sessions).unwrap_or(u32::MAX);
        println!("{:.0} sessions a minute on one core", per(f64::from(sessions), minutes));
    }
    println!("{}", runner.tally);
    Ok(())
}

#[expect(clippy::float_arithmetic, reason = "a rate")]
fn per(count: f64, minutes: f64) -> f64 {
    count / minutes
}
