//! What is known of a key (OPS-1a).

use std::fmt;

use desk::domain::bot::Action;
use desk::domain::decimal::Quantity;
use desk::strategies::parameters::OF_A_SESSION;

/// Where a key lives; each has one home (OPS-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Files, environment and flags, read before anything else.
    Boot,
    /// The encrypted configuration, edited in the browser.
    Runtime,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number between both.
    Whole(i64, i64),
    /// A decimal number between both.
    Decimal(Quantity, Quantity),
    /// As [`Kind::Decimal`], and 0 switches it off.
    DecimalOrOff(Quantity, Quantity),
    /// A moment of the session, `O+m` or `C-m`, with `m` between both.
    Moment(i64, i64),
    /// Symbols, separated by commas; may be empty.
    Symbols,
    /// Strategies, separated by commas, each once.
    Strategies,
    /// A time zone of the IANA data base.
    Zone,
    /// A bot identity.
    Identity,
    /// An IP address and a port.
    Listen,
    /// IP addresses, separated by commas; may be empty.
    Addresses,
    /// A path; relative ones are taken from the working directory.
    Path,
    /// A lower-case word.
    Word,
    /// The address of a database: a path, or `postgres://…`.
    Database,
}

/// Which rights a change asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The same right for any change.
    Always(Action),
    /// [`Action::Halt`] to tighten, [`Action::Loosen`] to loosen.
    Limit,
}

/// What a larger value does to risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Larger {
    /// More risk is allowed.
    Loosens,
    /// Less risk is allowed.
    Tightens,
    /// Neither can be said.
    Neither,
}

/// What a change does to risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Less risk is allowed.
    Tightens,
    /// More risk is allowed.
    Loosens,
    /// Neither can be said.
    Neither,
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Takes {
    /// While the bot runs, strategies from the next minute on; positions that are open keep the rules that they were opened
    /// with.
    AtOnce,
    /// From the next session's open on.
    NextSession,
    /// At the next start of the process.
    NextStart,
    /// Never: it was fixed at set-up, because the books stand on it.
    Fixed,
}

/// A line of the catalogue.
#[derive(Clone, Debug)]
pub struct Key {
    /// The dotted name; what stands before the last point is its section.
    pub name: String,
    /// Where it lives.
    pub home: Home,
    /// What it may be.
    pub kind: Kind,
    /// The unit, or nothing.
    pub unit: &'static str,
    /// The value when nothing is said; where there is none, it has to be said or is worked out.
    pub default: Option<String>,
    /// Who may change it.
    pub needs: Needs,
    /// What a larger value does.
    pub larger: Larger,
    /// Its older flat name.
    pub older: Option<&'static str>,
    /// What it does.
    pub help: &'static str,
}

impl Key {
    /// What stands before the last point.
    #[must_use]
    pub fn section(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The right that a change with this effect asks for.
    #[must_use]
    pub const fn action(&self, effect: Effect) -> Action {
        match (self.needs, effect) {
            (Needs::Always(action), _) => action,
            (Needs::Limit, Effect::Tightens) => Action::Halt,
            (Needs::Limit, Effect::Loosens | Effect::Neither) => Action::Loosen,
        }
    }

    /// Who may change it, in words.
    #[must_use]
    pub fn who(&self) -> String {
        match self.needs {
            Needs::Always(action) => action.who().to_string(),
            Needs::Limit => format!("tighten: {}; loosen: {}", Action::Halt.who(), Action::Loosen.who()),
        }
    }

    /// What is allowed, in words, with the unit.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self.unit {
            "" => self.kind.to_string(),
            unit => format!("{} {unit}", self.kind),
        }
    }

    /// When a change takes effect.
    #[must_use]
    pub fn takes(&self) -> Takes {
        match (self.home, self.name.as_str(), self.section()) {
            (Home::Boot, ..) => Takes::NextStart,
            // The books begin with this cash; the simulated venue leads its past back by these rules.
            (_, "risk.float", _) | (_, _, "venue" | "commission") => Takes::Fixed,
            // Read when the process starts, and never again; the actors of strategies stand in their order.
            (_, "lifecycle.autostart" | "strategies.order", _) => Takes::NextStart,
            (_, "ledger.lot_method", _) | (_, _, "screener") => Takes::NextSession,
            _ if self.is_of_a_session() => Takes::NextSession,
            _ => Takes::AtOnce,
        }
    }

    /// Whether a strategy's windows and indicators of a session are made with it.
    fn is_of_a_session(&self) -> bool {
        let own = self.name.rsplit_once('.').map_or("", |(_, own)| own);
        self.section().starts_with("strategies.") && OF_A_SESSION.contains(&own)
    }

    /// The way in through the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("TBOT__{}", self.name.replace('.', "__").to_ascii_uppercase())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("true or false"),
            Self::Choice(words) => f.write_str(&words.join(", ")),
            Self::Whole(least, most) => write!(f, "whole number, {least} to {most}"),
            Self::Decimal(least, most) => write!(f, "{least} to {most}"),
            Self::DecimalOrOff(least, most) => write!(f, "{least} to {most}, or 0 for off"),
            Self::Moment(least, most) => write!(f, "O+m or C-m with m from {least} to {most}"),
            Self::Symbols => f.write_str("symbols separated by commas"),
            Self::Strategies => f.write_str("open, mid and close, each once, separated by commas"),
            Self::Zone => f.write_str("a time zone such as America/New_York"),
            Self::Identity => f.write_str("ENTITY_JURISDICTION_BROKER_BOTID, e.g. RIGD_US_ALPACA_01"),
            Self::Listen => f.write_str("an IP address and a port, e.g. 127.0.0.1:7878"),
            Self::Addresses => f.write_str("IP addresses separated by commas"),
            Self::Path => f.write_str("a path"),
            Self::Word => f.write_str("1 to 32 of a-z, 0-9, _ and -"),
            Self::Database => f.write_str("a path, or postgres://…"),
        }
    }
}

impl Home {
    /// The word in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Runtime => "runtime",
        }
    }
}

impl Takes {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::NextSession => "from the next session on",
            Self::NextStart => "at the next start",
            Self::Fixed => "fixed at set-up",
        }
    }
}

impl Effect {
    /// The word in the difference.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Neither => "neither",
        }
    }
}
