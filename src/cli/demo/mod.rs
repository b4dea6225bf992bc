//! `tbot demo`: one whole simulated trading day, watched in the terminal and in the browser.

/// The dashboard beside the terminal.
mod dashboard;
/// The day that is played.
mod day;
/// What is told while it goes.
mod screen;
/// What changes from minute to minute, in words.
mod tidings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use desk::domain::records::{RunKind, RunRecord};
use desk::domain::time::Timestamp;

pub use self::dashboard::{Dashboard, Day};

use self::screen::Screen;
use super::console;
use super::failure::Failure;
use super::interrupt;
use super::run::place::Place;
use super::run::{choice, outputs, play, told};
use crate::gateway::clock::Stopwatch;

/// The seed that shows most in one day: each strategy trades, and several gates block.
const SEED: u64 = 2;
/// Where the report goes when nothing else is said; an earlier demo there is replaced.
const OUT: &str = "tbot-demo";

const EXAMPLES: &str = "\
Examples:
  tbot demo
  tbot demo --speed max --seed 7
  tbot demo --data bars --symbols SPY,QQQ --out result
  tbot demo --no-web

Everything is simulated: the orders, the fills and, without --data, the market itself.

";

/// What the demo is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct Arguments {
    /// Folder of recorded one-minute bars: its last session is played [default: a generated market]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Symbols of the folder, separated by commas [default: all]
    #[arg(long, value_name = "A,B", value_delimiter = ',', requires = "data")]
    symbols: Vec<String>,
    /// How many times faster than a real day, 1 to 100000, or max
    #[arg(long, value_name = "N|max", default_value = "390")]
    speed: String,
    /// The seed of the generated market
    #[arg(long, value_name = "N", default_value_t = SEED, value_parser = super::seed, allow_negative_numbers = true)]
    seed: u64,
    /// Folder for the report and the books; new or empty [default: tbot-demo, replaced each time]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the run that is in the folder already
    #[arg(long)]
    force: bool,
    /// The terminal alone, no dashboard
    #[arg(long)]
    no_web: bool,
    /// End when the day is done, instead of serving the dashboard until Ctrl-C
    #[arg(long)]
    exit: bool,
    /// Print one JSON object at the end, and nothing else; serves no dashboard
    #[arg(long)]
    json: bool,
}

/// Plays a day; `serve` opens its dashboard.
///
/// # Errors
/// [`Failure`]; then no output is left behind.
pub fn run(arguments: &Arguments, serve: impl Fn(Day) -> Result<Dashboard, Failure>) -> Result<(), Failure> {
    let pace = Pace::parse(&arguments.speed)?;
    let strategies = choice::strategies(&["open", "mid", "close"].map(str::to_owned), &[])?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    let force = arguments.force || (arguments.out.is_none() && is_demo(&out));
    let place = Place::prepare(&out, force)?;
    let job = match &arguments.data {
        Some(data) => day::recorded(data, &arguments.symbols, arguments.seed, strategies)?,
        None => day::generated(arguments.seed, strategies)?,
    };
    let in_place = console::is_terminal();
    let dashboard = if arguments.no_web || arguments.json {
        None
    } else {
        let dashboard = serve(Day::of(&job, pace.minute)?)?;
        console::say(&format!("Dashboard, signed in as demo (the link works once): {}", dashboard.link));
        Some(dashboard)
    };
    let mut screen = (!arguments.json).then(|| Screen::new(&job, in_place));
    let watch = Stopwatch::start();
    let mut start: Option<Timestamp> = None;
    let mut played = play::play(&job, Some(&place), |progress| {
        let open = *start.get_or_insert(progress.session.open);
        if let Some(words) = dashboard.as_ref().and_then(Dashboard::in_hand)
            && let Some(screen) = screen.take()
        {
            screen.close();
            console::say(words);
        }
        if let Some(screen) = &mut screen {
            screen.show(progress);
        }
        if let Some(due) = pace.due((progress.now - open).as_minutes()) {
            watch.wait_until(due, || !interrupt::asked());
        }
    })?;
    if let Some(screen) = screen {
        screen.close();
    }
    let results = outputs::write(&job, &mut played, &place)?;
    place.keep()?;
    if arguments.json {
        console::say(&told::json(&results, &out)?);
        return Ok(());
    }
    console::say("The day is over. SIMULATED: no order left this program.");
    told::result(&results, &out);
    for check in &results.books.checks {
        console::say(&format!("            {check}"));
    }
    console::say(&format!("books verified. Verify them again with: tbot ledger verify {}", out.display()));
    if let Some(dashboard) = dashboard.filter(|_| in_place && !arguments.exit) {
        console::say(&format!("The dashboard stays at {}. Ctrl-C ends it.", dashboard.place));
        dashboard.wait();
    }
    Ok(())
}

/// Whether a folder holds an earlier demo.
fn is_demo(folder: &Path) -> bool {
    let record = std::fs::read(folder.join("run.json")).ok();
    let run: Option<RunRecord> = record.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    run.is_some_and(|run| run.plan.kind == RunKind::Demo)
}

/// How fast a day goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    /// Real time of a minute of the session; nothing where it is not waited for.
    minute: Option<Duration>,
}

impl Pace {
    fn parse(text: &str) -> Result<Self, Failure> {
        if text == "max" {
            return Ok(Self { minute: None });
        }
        let times = text.parse::<u32>().ok().filter(|n| (1..=100_000).contains(n)).ok_or_else(|| {
            let message = format!("--speed {text}: is not allowed. Allowed: a whole number from 1 to 100000, or max");
            Failure::bad_input("speed", message)
        })?;
        Ok(Self { minute: Duration::from_mins(1).checked_div(times) })
    }

    /// When a minute of the session is over, counted from the start.
    fn due(self, minutes: i64) -> Option<Duration> {
        self.minute?.checked_mul(u32::try_from(minutes).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_default_speed_a_day_takes_a_minute() {
        let due = Pace::parse("390").unwrap().due(390).unwrap();
        assert!(due.abs_diff(Duration::from_mins(1)) < Duration::from_millis(1));
        assert_eq!(Pace::parse("max").unwrap().due(390), None);
        for text in ["0", "-1", "fast", "100001", "1.5", ""] {
            let failure = Pace::parse(text).unwrap_err();
            assert!(failure.message.contains("Allowed: a whole number from 1 to 100000, or max"), "{text}");
        }
    }
}
