use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;

use desk::domain::records::MarketSource;
use desk::world::backtest::Progress;

use super::tidings;
use crate::cli::console;
use crate::cli::run::plan::Job;
use crate::render::numbers::{Sign, cents_text, clock};

/// How many of the last lines stand on the screen.
const LINES: usize = 6;
/// Where lines are piped, how many minutes lie between two that tell where the day is.
const BETWEEN: i64 = 30;
/// How long the bar of the day is.
const BAR: i64 = 40;

/// A panel that is drawn in place on a terminal, and plain lines elsewhere.
#[derive(Debug)]
pub(super) struct Screen {
    in_place: bool,
    head: &'static str,
    seen: usize,
    lines: VecDeque<String>,
    /// How many lines were drawn last.
    drawn: usize,
}

impl Screen {
    pub(super) fn new(job: &Job, in_place: bool) -> Self {
        let head = match job.market {
            MarketSource::Generated => "TBot demo - SIMULATED: generated market, invented symbols, simulated fills",
            MarketSource::Recorded => "TBot demo - SIMULATED fills on recorded bars",
        };
        let screen = Self { in_place, head, seen: 0, lines: VecDeque::new(), drawn: 0 };
        if !in_place {
            console::say(head);
        }
        screen
    }

    /// Shows one minute.
    pub(super) fn show(&mut self, progress: &Progress<'_>) {
        let events = progress.trader.record.events.get(self.seen..).unwrap_or_default();
        self.seen = progress.trader.record.events.len();
        for line in events.iter().filter_map(tidings::line) {
            if self.in_place {
                self.lines.push_back(line);
                if self.lines.len() > LINES {
                    self.lines.pop_front();
                }
            } else {
                console::say(&line);
            }
        }
        if self.in_place {
            self.draw(&self.panel(progress));
        } else {
            let minute = (progress.now - progress.session.open).as_minutes();
            if minute.rem_euclid(BETWEEN) == 0 {
                console::say(&plain(progress));
            }
        }
    }

    /// Leaves the last panel where it stands.
    pub(super) fn close(self) {
        if self.in_place {
            console::say("");
        }
    }

    fn panel(&self, progress: &Progress<'_>) -> Vec<String> {
        let (now, session) = (progress.now, progress.session);
        let (minute, all) = ((now - session.open).as_minutes(), session.minutes().max(1));
        let filled = minute.saturating_mul(BAR).checked_div(all).unwrap_or(0);
        let bar: String = (0..BAR).map(|i| if i < filled { '#' } else { '.' }).collect();
        let (day, open) = tidings::result(progress);
        let mut panel = vec![
            self.head.to_owned(),
            format!("{}  {} UTC  {} New York", session.id.date, clock(now), tidings::new_york(progress, now)),
            format!("[{bar}] minute {minute} of {all}"),
            format!("windows    {}", tidings::windows(progress)),
            format!(
                "result     {} USD today, of it {} not realised",
                cents_text(day, Sign::Result),
                cents_text(open, Sign::Result)
            ),
        ];
        let positions = tidings::positions(progress);
        let count = positions.len();
        panel.push(if count == 0 { "positions  none".to_owned() } else { format!("positions  {count}") });
        panel.extend(positions.into_iter().map(|p| format!("  {p}")));
        panel.push("decisions and results".to_owned());
        panel.extend(self.lines.iter().map(|l| format!("  {l}")));
        panel
    }

    /// Draws over what was drawn last.
    fn draw(&mut self, panel: &[String]) {
        let mut text = String::new();
        if self.drawn > 0 {
            // Up to the first line, then clear all below (ECMA-48: CUU, ED).
            let _ = write!(text, "\x1b[{}A\x1b[J", self.drawn);
        }
        // A line that wraps would put the next drawing in the wrong place.
        let width = console::width();
        for line in panel {
            text.extend(line.chars().take(width));
            text.push('\n');
        }
        self.drawn = panel.len();
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// Where the day is, in one line.
fn plain(progress: &Progress<'_>) -> String {
    let (day, open) = tidings::result(progress);
    let now = progress.now;
    format!(
        "{} UTC ({} New York): {} positions, {} USD today, of it {} not realised; {}",
        clock(now),
        tidings::new_york(progress, now),
        progress.trader.portfolio().iter().count(),
        cents_text(day, Sign::Result),
        cents_text(open, Sign::Result),
        tidings::windows(progress)
    )
}
