//! The steps: what each asks, and what it takes. A field is a key of the catalogue wherever it can be, so that its bounds
//! stand in one place.

use desk::domain::decimal::{Money, Ratio};
use serde_json::{Value, json};

use super::answers::Answers;
use crate::settings::{Kind, Runtime, SettingsError, find};
use crate::store::people::PersonName;
use crate::web::views::words::plain_help;
use crate::web::visitor::Fields;

/// A step, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Identity,
    Account,
    Float,
    Limits,
    Schedule,
    TimeZone,
    Administrator,
}

/// A field that was not taken, and the sentence beside it.
pub(super) type Wrong = (String, String);

/// A field of a step: its key in the catalogue, and what it is called.
type Asked = (&'static str, &'static str);

const FLOAT: &[Asked] = &[("risk.float", "Float")];
const LIMITS: &[Asked] = &[
    ("risk.risk_per_trade", "Risk per trade"),
    ("risk.order_value", "Order value"),
    ("risk.positions", "Positions"),
    ("risk.trades_day", "Trades a day"),
    ("risk.day_loss", "Daily loss"),
    ("risk.drawdown", "Drawdown"),
    ("risk.gross", "Gross exposure"),
];
const SCHEDULE: &[Asked] = &[
    ("strategies.open.enabled", "Opening range (open)"),
    ("strategies.open.window_start", "open from"),
    ("strategies.open.window_end", "open until"),
    ("strategies.mid.enabled", "Reversion (mid)"),
    ("strategies.mid.window_start", "mid from"),
    ("strategies.mid.window_end", "mid until"),
    ("strategies.close.enabled", "Closing drive (close)"),
    ("strategies.close.window_start", "close from"),
    ("strategies.close.window_end", "close until"),
    ("lifecycle.autostart", "Start by itself"),
];
const ZONE: &[Asked] = &[("display.time_zone", "Time zone")];

impl Step {
    pub(super) const ALL: [Self; 7] =
        [Self::Identity, Self::Account, Self::Float, Self::Limits, Self::Schedule, Self::TimeZone, Self::Administrator];

    /// Its place in the address.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Account => "account",
            Self::Float => "float",
            Self::Limits => "limits",
            Self::Schedule => "schedule",
            Self::TimeZone => "time-zone",
            Self::Administrator => "administrator",
        }
    }

    pub(super) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Account => "Account",
            Self::Float => "Float",
            Self::Limits => "Limits",
            Self::Schedule => "Schedule",
            Self::TimeZone => "Time zone",
            Self::Administrator => "Administrator",
        }
    }

    pub(super) const fn question(self) -> &'static str {
        match self {
            Self::Identity => "Whose bot is this?",
            Self::Account => "Where does it trade?",
            Self::Float => "How much capital does it work with?",
            Self::Limits => "What may the bot lose?",
            Self::Schedule => "When may it trade?",
            Self::TimeZone => "Where do you read the clock?",
            Self::Administrator => "Who is the first administrator?",
        }
    }

    pub(super) const fn lead(self) -> &'static str {
        match self {
            Self::Identity => {
                "One identity has one account and one set of books, for good. It names every file and every record."
            }
            Self::Account => "An identity keeps its kind of venue from its first entry in the books on.",
            Self::Float => {
                "What accounting has assigned. Sizes and limits are measured against it; it does not grow by itself."
            }
            Self::Limits => {
                "Checked before every order and all the time in between. Tightening one later takes one click; loosening one takes a risk officer and a one-time code."
            }
            Self::Schedule => {
                "Windows are offsets from the exchange's open (O+minutes) and close (C-minutes), so that holidays and early closes need no change here."
            }
            Self::TimeZone => "Stored times are UTC. Pages show UTC, the exchange's time, and this one beside them.",
            Self::Administrator => "This account may add others, change the configuration and start the bot.",
        }
    }

    pub(super) const fn notes(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &[
                "Four parts: who owns it, where that is, the broker, a number. RIGD_US_SIM_01 is one.",
                "Going from a simulated to a live account later is a new identity with new books.",
            ],
            Self::Account => &[
                "The simulated venue fills against the market that this bot was started with, with spread, impact, latency and fees.",
                "No order leaves this machine.",
            ],
            Self::Float => &["The limits of the next step are proposed in proportion to it."],
            Self::Limits => &[
                "A gap through a stop costs more than the risk per trade. The limit stops the next trade, not the gap.",
                "At the daily loss entries freeze for the day; positions keep their stops.",
                "The other limits keep proposals in proportion to the float; all of them stand under Settings.",
            ],
            Self::Schedule => &[
                "On a whole session O+0 is 09:30 and C-0 is 16:00 in New York.",
                "A strategy's other parameters stand under Settings, each with its bounds.",
                "Without Start by itself the bot waits until a person presses Start.",
            ],
            Self::TimeZone => &["This changes what is shown, never what is traded or stored."],
            Self::Administrator => &[
                "At least 15 characters; four or five words that do not belong together are easy to keep.",
                "After this step come one-time codes and recovery codes.",
            ],
        }
    }

    pub(super) fn after(self) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step > self)
    }

    pub(super) fn before(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }

    const fn asked(self) -> &'static [Asked] {
        match self {
            Self::Float => FLOAT,
            Self::Limits => LIMITS,
            Self::Schedule => SCHEDULE,
            Self::TimeZone => ZONE,
            Self::Identity | Self::Account | Self::Administrator => &[],
        }
    }

    /// Whether a key is one of its fields.
    pub(super) fn asks(self, key: &str) -> bool {
        self.asked().iter().any(|(name, _)| *name == key)
    }

    /// What a field is called.
    pub(super) fn label(self, key: &str) -> &'static str {
        self.asked().iter().find(|(name, _)| *name == key).map_or_else(|| self.name(), |(_, label)| label)
    }

    /// The fields that are keys of the catalogue, as they stand or as they were typed.
    pub(super) fn fields(self, answers: &Answers, typed: Option<&Fields>, wrong: &[Wrong]) -> Vec<Value> {
        let field = |(name, label): &Asked| {
            let key = find(name)?;
            let switch = key.kind == Kind::Switch;
            let stands = answers.runtime.get(name).unwrap_or_default();
            let value = match typed {
                Some(typed) if switch => (typed.get(name) == "true").to_string(),
                Some(typed) => typed.get(name).to_owned(),
                None => stands,
            };
            let error = wrong.iter().find(|(key, _)| key == name).map(|(_, said)| said);
            Some(json!({
                "key": name, "id": name.replace('.', "-"), "label": label, "help": plain_help(key.help), "unit": key.unit,
                "switch": switch, "on": value == "true", "value": value, "allowed": key.kind.to_string(),
                "error": error, "number": matches!(key.kind, Kind::Decimal(..) | Kind::Whole(..)),
                "zone": key.kind == Kind::Zone,
            }))
        };
        self.asked().iter().filter_map(field).collect()
    }

    /// Takes what was typed, or says what is wrong and changes nothing (WEB-7).
    pub(super) fn take(self, answers: &mut Answers, typed: &Fields) -> Result<(), Vec<Wrong>> {
        let mut new = answers.clone();
        let mut wrong = Vec::new();
        match self {
            Self::Identity => match typed.get("identity").trim().to_uppercase().parse() {
                Ok(identity) => new.identity = identity,
                Err(_) => wrong.push(("identity".to_owned(), bad_identity(typed.get("identity")))),
            },
            Self::Account => {
                if typed.get("venue") != "simulated" {
                    let said = "Choose the venue. This version trades on the simulated one.";
                    wrong.push(("venue".to_owned(), said.to_owned()));
                }
            }
            Self::Administrator => match typed.get("name").parse::<PersonName>() {
                Ok(name) => new.name = name.to_string(),
                Err(error) => wrong.push(("name".to_owned(), error.to_string())),
            },
            Self::Float | Self::Limits | Self::Schedule | Self::TimeZone => {
                wrong = set_all(self.asked(), &mut new.runtime, typed);
            }
        }
        if wrong.is_empty() {
            wrong = self.together(&new.runtime);
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if self == Self::Float {
            new.follow_float();
        }
        new.done.insert(self);
        new.typed.insert(self);
        new.reconsider();
        *answers = new;
        Ok(())
    }

    /// What of its own answers does not go together, or not with those of other steps.
    pub(super) fn together(self, runtime: &Runtime) -> Vec<Wrong> {
        let limits = &runtime.limits;
        let above = |key: &str, value: Money, most: Money, of: &str| {
            let said = format!("{value} is more than the {of} of {most}. Allowed: 1.00 to {most} USD.");
            (value > most).then(|| (key.to_owned(), said))
        };
        // With leverage more than the float may stand in the market.
        let reach = if limits.leverage > Ratio::whole(1) { Money::MAX } else { limits.float };
        match self {
            Self::Limits => [
                above("risk.gross", limits.gross, reach, "float"),
                above("risk.day_loss", limits.day_loss, limits.float, "float"),
                above("risk.drawdown", limits.drawdown, limits.float, "float"),
                above("risk.order_value", limits.order_value, limits.gross, "gross exposure"),
                above("risk.risk_per_trade", limits.risk_per_trade, limits.day_loss, "daily loss"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::Schedule => runtime.validate().err().map(|e| of_error(&e)).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

fn bad_identity(typed: &str) -> String {
    let shown: String = typed.chars().take(64).collect();
    format!("{shown:?} is no identity. Allowed: four parts of A-Z and 0-9, joined by underscores, e.g. RIGD_US_SIM_01.")
}

fn set_all(asked: &[Asked], runtime: &mut Runtime, typed: &Fields) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (name, _) in asked {
        let switch = find(name).is_some_and(|key| key.kind == Kind::Switch);
        let text = typed.get(name).trim();
        let plain = if switch { (text == "true").to_string() } else { plain_number(text) };
        // 1.001 may mean a thousand and one to somebody: an amount of money ends with its cents.
        let cents = plain.split_once('.').is_none_or(|(_, part)| part.len() <= 2);
        if find(name).is_some_and(|key| key.unit == "USD") && !cents {
            let said =
                format!("{text} is not allowed. Allowed: at most two places after the point; thousands with a comma.");
            wrong.push(((*name).to_owned(), said));
            continue;
        }
        if let Err(error) = runtime.set(name, &plain, "set-up") {
            wrong.push(of_error(&error));
        }
    }
    wrong
}

/// People write 2,500.00; a list of words keeps its commas.
pub(crate) fn plain_number(text: &str) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // Only commas that part thousands go: 30.000,00 is no number here, and is refused as it was typed.
    let first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && digits(first));
    let number = first && digits(part) && groups.all(|group| group.len() == 3 && digits(group));
    if number { text.replace(',', "") } else { text.to_owned() }
}

/// The key and the sentence of a refusal, as it stands beside its field.
pub(crate) fn of_error(error: &SettingsError) -> Wrong {
    let key = error.key().unwrap_or_default().to_owned();
    let said = match error {
        SettingsError::NotAllowed { value, .. } if value.is_empty() => {
            format!("It is empty. Allowed: {}.", allowed(error))
        }
        SettingsError::NotAllowed { value, .. } => format!("{value} is not allowed. Allowed: {}.", allowed(error)),
        SettingsError::Together { message, .. } => format!("{}.", sentence(message)),
        other => other.to_string(),
    };
    (key, said)
}

fn allowed(error: &SettingsError) -> &str {
    if let SettingsError::NotAllowed { allowed, .. } = error { allowed } else { "" }
}

/// With a capital, and without the full stop that follows.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn typed(fields: &[(&str, &str)]) -> Fields {
        Fields(fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>())
    }

    fn answers() -> Answers {
        Answers::new("TBOT_US_SIM_01".parse().unwrap(), Runtime::default())
    }

    /// A step's fields as they stand, with one of them typed anew.
    fn as_proposed(step: Step, answers: &Answers, other: (&str, &str)) -> Fields {
        let mut fields: BTreeMap<String, String> =
            step.asked().iter().map(|(key, _)| ((*key).to_owned(), answers.runtime.get(key).unwrap())).collect();
        fields.insert(other.0.to_owned(), other.1.to_owned());
        Fields(fields)
    }

    #[test]
    fn web_7_what_is_wrong_stands_beside_its_field_and_nothing_is_taken() {
        for (step, field, value, says) in [
            (Step::Identity, "identity", "me", "\"me\" is no identity. Allowed: four parts"),
            (Step::Account, "venue", "", "Choose the venue."),
            (Step::Float, "risk.float", "", "It is empty. Allowed: 1 to 1000000000 USD."),
            (Step::Float, "risk.float", "lots", "lots is not allowed. Allowed: 1 to"),
            (Step::Limits, "risk.day_loss", "200,000", "200000.00 is more than the float of 100000.00."),
            (Step::Limits, "risk.gross", "100,000.01", "100000.01 is more than the float of 100000.00."),
            (Step::Limits, "risk.risk_per_trade", "2500", "2500.00 is more than the daily loss of 2000.00."),
            (Step::Limits, "risk.positions", "1.5", "1.5 is not allowed. Allowed: whole number, 1 to 100 symbols."),
            (Step::Schedule, "strategies.open.window_end", "O+0", "The window from O+0 to O+0 is empty"),
            (Step::TimeZone, "display.time_zone", "Mars/Olympus", "Mars/Olympus is not allowed. Allowed: a time zone"),
            (Step::Administrator, "name", "Ada Lovelace", "name"),
        ] {
            let mut answers = answers();
            let before = answers.runtime.clone();
            let typed = as_proposed(step, &answers, (field, value));
            let wrong = step.take(&mut answers, &typed).unwrap_err();
            let found = wrong.iter().find(|(_, said)| said.to_lowercase().contains(&says.to_lowercase()));
            assert!(found.is_some(), "{field}={value}: {wrong:?}");
            assert!(answers.runtime == before && answers.done.is_empty(), "{field}={value}");
            assert!(
                found.unwrap().0.starts_with(field.split(", ").next().unwrap()) || step == Step::Schedule,
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn each_step_takes_what_it_proposes_and_leads_to_the_next() {
        let mut answers = answers();
        for step in Step::ALL {
            assert_eq!(answers.next(), step);
            let proposed = match step {
                Step::Identity => typed(&[("identity", "rigd_us_sim_01")]),
                Step::Account => typed(&[("venue", "simulated")]),
                Step::Administrator => typed(&[("name", "ada")]),
                _ => as_proposed(step, &answers, ("", "")),
            };
            assert_eq!(step.take(&mut answers, &proposed), Ok(()), "{}", step.name());
            assert!(answers.said(step).is_some());
            assert_eq!(step.after().map(Step::before), step.after().map(|_| Some(step)));
        }
        assert_eq!(answers.identity.as_str(), "RIGD_US_SIM_01");
        assert_eq!(answers.runtime, Runtime::default(), "proposals are the defaults");
    }

    #[test]
    fn numbers_may_be_written_as_people_write_them() {
        for (typed, plain) in [("2,500.00", "2500.00"), ("SPY,QQQ", "SPY,QQQ"), ("Europe/Berlin", "Europe/Berlin")] {
            assert_eq!(plain_number(typed), plain);
        }
        // What may mean something else elsewhere stays as it was typed, and is refused.
        for odd in ["30.000,00", "1,00", "12,34,567", "1,0000"] {
            assert_eq!(plain_number(odd), odd);
        }
        let before = Answers::new("RIGD_US_SIM_01".parse().unwrap(), Runtime::default());
        for odd in ["30.000,00", "1.001"] {
            let typed = as_proposed(Step::Float, &before, ("risk.float", odd));
            assert!(Step::Float.take(&mut before.clone(), &typed).is_err(), "{odd}");
        }
    }
}
