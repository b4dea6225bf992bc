//! `tbot run`: what it is asked. The bot itself is built by `app`.

/// Commands and questions from the socket, to the supervisor and the board.
mod answers;

pub use answers::{Checking, answering};

use std::path::PathBuf;

use clap::Args;
use desk::domain::bot::{Mode, VenueKind};
use desk::domain::decimal::Money;
use desk::domain::ids::Identity;

use super::bot::BotArguments;
use super::examples;
use super::failure::Failure;
use crate::settings::{Boot, Runtime};

/// What `tbot run` is asked: boot keys as flags, where market data come from, and what a first start needs to know.
#[derive(Clone, Debug, Args)]
#[command(after_help = examples(&[
    "tbot run",
    "tbot run --feed generated --speed 60",
    "tbot run --feed replay:bars --speed max --data replayed",
    "tbot run --mode observe",
    "tbot run --identity RIGD_US_SIM_01 --capital 100000",
]))]
pub struct Arguments {
    /// Where the bot is.
    #[command(flatten)]
    pub bot: BotArguments,
    /// Boot keys.
    #[command(flatten)]
    pub boot: BootFlags,
    /// Where market data come from: broker, generated, or replay:DIR with recorded one-minute bars [default: generated on the simulated venue]
    #[arg(long, value_name = "FEED")]
    feed: Option<String>,
    /// How many times faster than real time a generated or replayed market goes, 1 to 100000, or max
    #[arg(long, value_name = "N|max", default_value = "1")]
    speed: String,
    /// The seed of a generated market
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Decide and record, send nothing
    #[arg(long, value_name = "MODE", value_parser = ["observe"])]
    mode: Option<String>,
    /// At a first start: the broker's part of the identity
    #[arg(long, value_name = "BROKER", help_heading = "First start")]
    pub broker: Option<String>,
    /// At a first start: the kind of venue, for good
    #[arg(long, value_name = "KIND", value_parser = ["simulated"], help_heading = "First start")]
    venue_kind: Option<String>,
    /// At a first start: the float in USD
    #[arg(long, value_name = "USD", help_heading = "First start")]
    capital: Option<String>,
    /// At a first start: the length of the bars that strategies see
    #[arg(long, value_name = "BAR", value_parser = ["1m"], help_heading = "First start")]
    pub interval: Option<String>,
    /// Do not watch over the process: end with it instead of starting it again
    #[arg(long, hide = true)]
    pub unwatched: bool,
    /// A life after the first one of this call: what a first start was told is done
    #[arg(long, hide = true)]
    again: bool,
    /// Print the way in and the end as JSON objects
    #[arg(long)]
    pub json: bool,
}

/// Boot keys as flags.
#[derive(Clone, Debug, Default, Args)]
pub struct BootFlags {
    /// Whose bot
    #[arg(long, value_name = "ENTITY_JURISDICTION_BROKER_BOTID", help_heading = "Boot keys")]
    identity: Option<String>,
    /// Which config/{environment}.toml is read
    #[arg(long, value_name = "NAME", help_heading = "Boot keys")]
    environment: Option<String>,
    /// The key's file
    #[arg(long, value_name = "FILE", help_heading = "Boot keys")]
    key: Option<PathBuf>,
    /// The database: a path, or postgres://…
    #[arg(long, value_name = "URL", help_heading = "Boot keys")]
    database: Option<String>,
    /// Where the browser finds the bot
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Boot keys")]
    listen: Option<String>,
    /// off, files or own
    #[arg(long, value_name = "HOW", help_heading = "Boot keys")]
    tls: Option<String>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", help_heading = "Boot keys")]
    log_level: Option<String>,
    /// json or csv
    #[arg(long, value_name = "FORM", help_heading = "Boot keys")]
    log_format: Option<String>,
}

/// Where market data come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The broker's.
    Broker,
    /// A generated market.
    Generated,
    /// Recorded one-minute bars in a folder.
    Replay(PathBuf),
}

/// How fast a feed that owns the clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many times real time.
    Times(u32),
    /// As fast as it can be.
    Max,
}

impl Speed {
    /// The most times real time that a feed goes.
    pub const FASTEST: u32 = 100_000;
}

/// What a first start is told on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstStart {
    /// The broker's part of the identity.
    pub broker: Option<String>,
    /// The kind of venue, for good.
    pub venue: Option<VenueKind>,
    /// The float.
    pub capital: Option<Money>,
}

impl Arguments {
    /// The boot settings, flags included.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn boot(&self) -> Result<Boot, Failure> {
        let (mut sources, flags) = (self.bot.sources(), &self.boot);
        sources.flag("bot.identity", "--identity", flags.identity.as_ref());
        sources.flag("bot.environment", "--environment", flags.environment.as_ref());
        sources.flag("paths.key", "--key", flags.key.as_ref().map(|k| k.display()));
        sources.flag("database.url", "--database", flags.database.as_ref());
        sources.flag("web.listen", "--listen", flags.listen.as_ref());
        sources.flag("web.tls", "--tls", flags.tls.as_ref());
        sources.flag("logging.level", "--log-level", flags.log_level.as_ref());
        sources.flag("logging.format", "--log-format", flags.log_format.as_ref());
        Ok(Boot::read(&sources)?)
    }

    /// Where market data come from.
    ///
    /// # Errors
    /// A feed that does not exist.
    pub fn feed(&self) -> Result<Feed, Failure> {
        match self.feed.as_deref() {
            None | Some("generated") => Ok(Feed::Generated),
            Some("broker") => Ok(Feed::Broker),
            Some(other) => {
                let folder = other.strip_prefix("replay:").filter(|folder| !folder.is_empty());
                folder.map(|folder| Feed::Replay(PathBuf::from(folder))).ok_or_else(|| {
                    let message = format!("--feed {other}: is not allowed. Allowed: broker, generated, replay:DIR");
                    Failure::bad_input("feed", message)
                })
            }
        }
    }

    /// How fast it goes.
    ///
    /// # Errors
    /// A speed out of bounds.
    pub fn speed(&self) -> Result<Speed, Failure> {
        if self.speed == "max" {
            return Ok(Speed::Max);
        }
        let times = self.speed.parse().ok().filter(|n| (1..=Speed::FASTEST).contains(n));
        times.map(Speed::Times).ok_or_else(|| {
            let message =
                format!("--speed {}: is not allowed. Allowed: a whole number from 1 to 100000, or max", self.speed);
            Failure::bad_input("speed", message)
        })
    }

    /// The mode that was asked for, if any.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.mode.as_ref().map(|_| Mode::Observe)
    }

    /// What a first start is told. Where the bot is set up already, none of it may be given: an identity keeps its broker
    /// and its venue for good (LIFE-15), and the float is accounting's.
    ///
    /// # Errors
    /// A capital out of bounds; flags of a first start at a later one; a broker that is not the identity's.
    pub fn first_start(&self, identity: Option<&Identity>, set_up: bool) -> Result<FirstStart, Failure> {
        let given = [
            ("--broker", self.broker.is_some()),
            ("--venue-kind", self.venue_kind.is_some()),
            ("--capital", self.capital.is_some()),
            ("--interval", self.interval.is_some()),
        ];
        if set_up && self.again {
            return Ok(FirstStart::default());
        }
        if let Some((flag, _)) = given.into_iter().find(|(_, there)| set_up && *there) {
            let message = format!("{flag}: only a first start takes it; this bot is set up already");
            return Err(Failure::bad_input("set_up_already", message));
        }
        if let (Some(broker), Some(identity)) = (&self.broker, identity)
            && broker != identity.broker()
        {
            let message = format!("--broker {broker}: the identity {identity} trades at {}", identity.broker());
            return Err(Failure::bad_input("broker", message));
        }
        let capital = self.capital.as_deref().map(|text| {
            let mut runtime = Runtime::default();
            runtime.set("risk.float", text, "--capital").map(|()| runtime.limits.float)
        });
        let kinds = [VenueKind::Simulated, VenueKind::Paper, VenueKind::Live];
        let venue = self.venue_kind.as_ref().and_then(|k| kinds.into_iter().find(|kind| kind.as_str() == k));
        Ok(FirstStart { broker: self.broker.clone(), venue, capital: capital.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        run: Arguments,
    }

    fn run(line: &str) -> Arguments {
        let words = std::iter::once("run").chain(line.split(' ').filter(|w| !w.is_empty()));
        Line::try_parse_from(words).unwrap().run
    }

    #[test]
    fn ops_5_feeds_and_speeds_are_read() {
        assert_eq!(run("").feed().unwrap(), Feed::Generated);
        assert_eq!(run("--feed broker").feed().unwrap(), Feed::Broker);
        assert_eq!(run("--feed replay:some/bars").feed().unwrap(), Feed::Replay(PathBuf::from("some/bars")));
        assert_eq!(run("--speed 60").speed().unwrap(), Speed::Times(60));
        assert_eq!(run("--speed max").speed().unwrap(), Speed::Max);
        assert_eq!((run("").mode(), run("--mode observe").mode()), (None, Some(Mode::Observe)));
        for line in ["--feed replay:", "--feed tape"] {
            assert!(run(line).feed().unwrap_err().message.contains("broker, generated, replay:DIR"), "{line}");
        }
        for line in ["--speed 0", "--speed 100001", "--speed fast"] {
            assert!(run(line).speed().unwrap_err().message.contains("1 to 100000, or max"), "{line}");
        }
    }

    #[test]
    fn life_15_what_only_a_first_start_takes_is_refused_later() {
        let identity: Identity = "RIGD_US_SIM_01".parse().unwrap();
        let first = run("--broker SIM --venue-kind simulated --capital 50000 --interval 1m");
        let expected = FirstStart {
            broker: Some("SIM".to_owned()),
            venue: Some(VenueKind::Simulated),
            capital: Some(Money::whole(50_000)),
        };
        assert_eq!(first.first_start(Some(&identity), false).unwrap(), expected);
        let later = first.first_start(Some(&identity), true).unwrap_err();
        assert!(later.message.contains("--broker: only a first start takes it"), "{later}");
        assert_eq!(run("").first_start(Some(&identity), true).unwrap(), FirstStart::default());
        // LIFE-11: the same call, its process started again.
        let again = run("--broker SIM --capital 50000 --again").first_start(Some(&identity), true);
        assert_eq!(again.unwrap(), FirstStart::default());
        for (line, says) in [("--capital 0", "Allowed: 1 to 1000000000 USD"), ("--broker ALPACA", "trades at SIM")] {
            let refused = run(line).first_start(Some(&identity), false).unwrap_err();
            assert!(refused.message.contains(says), "{line}: {refused}");
        }
    }

    #[test]
    fn ops_1_flags_win() {
        let place = crate::settings::test_place::TestPlace::new();
        std::fs::write(place.join("default.toml"), "").unwrap();
        let line = format!(
            "--data {} --config {} --identity RIGD_US_SIM_01 --listen 127.0.0.1:1 --log-level warn",
            place.display(),
            place.display()
        );
        let boot = run(&line).boot().unwrap();
        assert_eq!(boot.web.listen.port(), 1);
        assert_eq!(boot.folders.data(), &*place);
        assert_eq!(boot.identity, Some("RIGD_US_SIM_01".parse().unwrap()));
    }
}
