//! Every runtime key in one table: how it is reached, its bounds, who may change it, which way loosens.

use std::sync::LazyLock;

use desk::domain::bot::Action;
use desk::domain::decimal::{Quantity, SCALE};
use desk::domain::ids::StrategyName;
use desk::domain::lots::LotMethod;
use desk::strategies::PARAMETERS;
use desk::strategies::parameters;

use super::Runtime;
use super::row::{Field, Row};
use crate::settings::error::SettingsError;
use crate::settings::key::Larger::{self, Loosens, Neither, Tightens};
use crate::settings::key::{Home, Key, Kind, Needs};
use crate::settings::nearest::nearest;

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(build);

/// All runtime keys in the order of the catalogue.
pub(in crate::settings) fn rows() -> &'static [Row] {
    &ROWS
}

/// The row of a key.
pub(super) fn row(key: &str, origin: &str) -> Result<&'static Row, SettingsError> {
    if let Some(row) = rows().iter().find(|row| row.key.name == key) {
        return Ok(row);
    }
    if crate::settings::catalogue::boot_keys().iter().any(|boot| boot.name == key) {
        let origin = origin.to_owned();
        return Err(SettingsError::WrongHome { key: key.to_owned(), origin, home: Home::Boot });
    }
    let near = nearest(key, rows().iter().map(|row| row.key.name.as_str()));
    let nearest = near.into_iter().map(str::to_owned).collect();
    Err(SettingsError::Unknown { key: key.to_owned(), origin: origin.to_owned(), nearest })
}

/// A line of the table: name, unit, kind, which way loosens, who, older name, how it is reached, help.
struct Line(&'static str, &'static str, Kind, Larger, Needs, Option<&'static str>, Field, &'static str);

const LIMIT: Needs = Needs::Limit;
const OPERATE: Needs = Needs::Always(Action::Operate);
const ADMINISTER: Needs = Needs::Always(Action::Administer);

const fn between(least: i64, most: i64) -> Kind {
    Kind::Decimal(Quantity::whole(least), Quantity::whole(most))
}

/// From so many ten-thousandths on.
const fn from_bp(least: i64, most: i64) -> Kind {
    let bp = SCALE / 10_000;
    Kind::Decimal(Quantity::from_raw(least.saturating_mul(bp)), Quantity::from_raw(most.saturating_mul(bp)))
}

fn build() -> Vec<Row> {
    let start = Runtime::default();
    let lines = limits().into_iter().chain(defense()).chain(strategies());
    let mut rows: Vec<Row> = lines.map(|line| plain(line, &start)).collect();
    for name in StrategyName::TRADING {
        rows.push(enabled(name, &start));
        let own = PARAMETERS.iter().filter(|p| p.owners.contains(&name));
        rows.extend(own.map(|p| parameter(name, p, &start)));
    }
    let rest = screener().into_iter().chain(venue()).chain(orders()).chain(lifecycle()).chain(supervision());
    let rest = rest.chain(rehearsal()).chain(backup()).chain(ledger()).chain(reports());
    rows.extend(rest.map(|line| plain(line, &start)));
    rows
}

fn finished(mut key: Key, field: Field, start: &Runtime) -> Row {
    let row = Row { key: key.clone(), field };
    key.default = Some(row.get(start));
    Row { key, ..row }
}

fn plain(line: Line, start: &Runtime) -> Row {
    let Line(name, unit, kind, larger, needs, older, field, help) = line;
    let key = Key { name: name.to_owned(), home: Home::Runtime, kind, unit, default: None, needs, larger, older, help };
    finished(key, field, start)
}

fn enabled(name: StrategyName, start: &Runtime) -> Row {
    let key = Key {
        name: format!("strategies.{name}.enabled"),
        home: Home::Runtime,
        kind: Kind::Switch,
        unit: "",
        default: None,
        needs: OPERATE,
        larger: Loosens,
        older: None,
        help: "whether the strategy trades",
    };
    finished(key, Field::Enabled(name), start)
}

fn parameter(name: StrategyName, p: &'static parameters::Parameter, start: &Runtime) -> Row {
    let ends = |q: Quantity| q.raw() / SCALE;
    let kind = match p.field {
        parameters::Field::Moment(_) => Kind::Moment(ends(p.least), ends(p.most)),
        parameters::Field::Unit(_) => Kind::Choice(&["atr", "sd"]),
        _ if p.zero_is_off && !p.least.is_zero() => Kind::DecimalOrOff(p.least, p.most),
        parameters::Field::Count(_) => Kind::Whole(ends(p.least), ends(p.most)),
        _ => Kind::Decimal(p.least, p.most),
    };
    let larger = match p.name {
        "risk_per_trade" | "notional" | "max_trades" => Loosens,
        _ => Neither,
    };
    let unit = if matches!(kind, Kind::Choice(_)) { "" } else { p.unit };
    let key = Key {
        name: format!("strategies.{name}.{}", p.name),
        home: Home::Runtime,
        kind,
        unit,
        default: None,
        needs: OPERATE,
        larger,
        older: None,
        help: p.help,
    };
    finished(key, Field::Parameter(name, p), start)
}

macro_rules! field {
    ($kind:ident $($path:ident).+) => { Field::$kind(|r| &mut r.$($path).+) };
}

#[rustfmt::skip]
fn limits() -> Vec<Line> {
    let amount = between(1, 1_000_000_000);
    let count = Kind::Whole(1, 1_000);
    vec![
        Line("risk.float", "USD", amount, Loosens, ADMINISTER, Some("FLOAT"), field!(Money limits.float), "the account's cash at set-up, and the float until accounting assigns another (LEDG-10)"),
        Line("risk.risk_per_trade", "USD", between(1, 100_000), Loosens, LIMIT, Some("RISK_PER_TRADE"), field!(Money limits.risk_per_trade), "money at risk per trade, to its stop (RISK-1)"),
        Line("risk.order_value", "USD", between(1, 10_000_000), Loosens, LIMIT, Some("MAX_ORDER_VALUE"), field!(Money limits.order_value), "the value of an order (RISK-2)"),
        Line("risk.order_quantity", "units", between(1, 1_000_000), Loosens, LIMIT, Some("MAX_ORDER_QUANTITY"), field!(Quantity limits.order_quantity), "the quantity of an order (RISK-2)"),
        Line("risk.collar", "of the price", from_bp(1, 1_000), Loosens, LIMIT, Some("PRICE_COLLAR"), field!(Ratio limits.collar), "half the spread, at most (RISK-3)"),
        Line("risk.trades_day", "trades", count, Loosens, LIMIT, Some("MAX_TRADES_PER_DAY"), field!(Count limits.trades_day), "trades a day (RISK-4)"),
        Line("risk.trades_strategy", "trades", count, Loosens, LIMIT, Some("MAX_TRADES_PER_STRATEGY"), field!(Count limits.trades_strategy), "trades a day and strategy (RISK-4)"),
        Line("risk.trades_symbol", "trades", count, Loosens, LIMIT, Some("MAX_TRADES_PER_SYMBOL"), field!(Count limits.trades_symbol), "trades a day and symbol (RISK-4)"),
        Line("risk.positions", "symbols", Kind::Whole(1, 100), Loosens, LIMIT, Some("MAX_POSITIONS"), field!(Count limits.positions), "symbols held or being entered (RISK-4)"),
        Line("risk.gross", "USD", amount, Loosens, LIMIT, Some("TOTAL_ALLOCATION"), field!(Money limits.gross), "gross exposure (RISK-5)"),
        Line("risk.net", "USD", amount, Loosens, LIMIT, None, field!(Money limits.net), "net exposure, either sign (RISK-5)"),
        Line("risk.leverage", "x", from_bp(1_000, 40_000), Loosens, LIMIT, Some("MAX_LEVERAGE"), field!(Ratio limits.leverage), "gross exposure by float (RISK-5)"),
        Line("risk.symbol", "USD", amount, Loosens, LIMIT, Some("MAX_SYMBOL_EXPOSURE"), field!(Money limits.symbol), "exposure in one symbol (RISK-5)"),
        Line("risk.day_loss", "USD", between(1, 100_000_000), Loosens, LIMIT, Some("MAX_DAILY_LOSS"), field!(Money limits.day_loss), "the day's loss at which entries freeze (RISK-10)"),
        Line("risk.strategy_loss", "USD", between(1, 100_000_000), Loosens, LIMIT, Some("MAX_STRATEGY_LOSS"), field!(Money limits.strategy_loss), "the same of one strategy (RISK-10)"),
        Line("risk.losing_row", "trades", Kind::Whole(1, 100), Loosens, LIMIT, Some("MAX_CONSECUTIVE_LOSSES"), field!(Count limits.losing_row), "losing trades of a strategy in a row (RISK-10)"),
        Line("risk.drawdown", "USD", between(1, 100_000_000), Loosens, LIMIT, Some("MAX_DRAWDOWN"), field!(Money limits.drawdown), "distance from the highest equity (RISK-10)"),
        Line("risk.fee_multiple", "x", between(0, 20), Tightens, LIMIT, None, field!(Ratio limits.fee_multiple), "the move pays the round trip's cost so many times (gate fee)"),
        Line("risk.edge_multiple", "x", between(0, 20), Tightens, LIMIT, None, field!(Ratio limits.edge_multiple), "the edge pays it so many times (gate turnover)"),
    ]
}

#[rustfmt::skip]
fn defense() -> Vec<Line> {
    vec![
        Line("defense.at_start", "", Kind::Switch, Tightens, LIMIT, None, field!(Switch defense.at_start), "whether sessions begin in defense mode (RISK-11)"),
        Line("defense.share", "of each limit", from_bp(100, 10_000), Loosens, LIMIT, None, field!(Ratio defense.profile.share), "what defense mode leaves of each limit; what a trade has to pay (risk.fee_multiple, risk.edge_multiple) is divided by it (RISK-11)"),
        Line("defense.price_min", "USD", Kind::Decimal(Quantity::from_raw(SCALE / 100), Quantity::whole(1_000_000)), Tightens, LIMIT, None, field!(Price defense.profile.price_min), "the least price of an entry in defense mode (RISK-11)"),
        Line("defense.volume_min", "shares a day", between(0, 1_000_000_000), Tightens, LIMIT, None, field!(Quantity defense.profile.volume_min), "the least volume of the session before, in defense mode; where there is none before, of this session so far (RISK-11)"),
    ]
}

fn strategies() -> Vec<Line> {
    let help = "their order where two want the same (TRADE-6)";
    vec![Line("strategies.order", "", Kind::Strategies, Neither, OPERATE, None, Field::Order, help)]
}

#[rustfmt::skip]
fn screener() -> Vec<Line> {
    let price = Kind::Decimal(Quantity::from_raw(SCALE / 100), Quantity::whole(1_000_000));
    vec![
        Line("screener.symbols", "", Kind::Symbols, Neither, OPERATE, Some("SYMBOLS"), field!(Symbols screener.symbols), "the candidates; none means all that the feed has"),
        Line("screener.excluded", "", Kind::Symbols, Neither, OPERATE, None, field!(Symbols screener.excluded), "never these"),
        Line("screener.price_min", "USD", price, Tightens, OPERATE, Some("MIN_PRICE"), field!(Price screener.price_min), "the least last price before the session; as it stands by default it asks for nothing"),
        Line("screener.price_max", "USD", price, Loosens, OPERATE, Some("MAX_PRICE"), field!(Price screener.price_max), "the greatest last price before the session"),
        Line("screener.volume_min", "shares a day", between(0, 1_000_000_000), Tightens, OPERATE, Some("MIN_VOLUME"), field!(Quantity screener.volume_min), "the least volume of the session before"),
        Line("screener.shortable", "", Kind::Switch, Tightens, OPERATE, None, field!(Switch screener.shortable), "whether only what can be sold short is taken"),
        Line("screener.fractionable", "", Kind::Switch, Tightens, OPERATE, None, field!(Switch screener.fractionable), "whether only what can be traded in parts is taken"),
        Line("screener.age_max_minutes", "min", Kind::Whole(0, 100_000), Neither, OPERATE, None, field!(Count screener.age_max_minutes), "the oldest that the last price may be at the session's open, weekends included; 0 asks for nothing"),
        Line("screener.file", "", Kind::Path, Neither, OPERATE, None, field!(Text screener.file), "a file of symbols, one a line, read when the bot starts and when a version is applied: only these are taken; empty takes all"),
        Line("screener.symbols_max", "symbols", Kind::Whole(1, 1_000), Loosens, OPERATE, None, field!(Count screener.symbols_max), "how many are taken, those with the most volume"),
    ]
}

#[rustfmt::skip]
fn venue() -> Vec<Line> {
    vec![
        Line("venue.participation", "of a bar's volume", from_bp(1, 10_000), Neither, ADMINISTER, None, field!(Ratio rules.participation), "what our orders may take (STRAT-13)"),
        Line("venue.half_spread", "of the price", from_bp(0, 1_000), Neither, ADMINISTER, None, field!(Ratio rules.half_spread), "half the spread where there are no quotes (STRAT-14)"),
        Line("venue.impact", "x", between(0, 10), Neither, ADMINISTER, None, field!(Ratio rules.impact), "impact by the square of the share of volume (STRAT-14)"),
        Line("venue.latency_ms", "ms", Kind::Whole(0, 60_000), Neither, ADMINISTER, None, field!(Whole rules.latency_ms), "latency of a market order (STRAT-14)"),
        Line("venue.synthetic_share", "of a bar's volume", from_bp(1, 10_000), Neither, ADMINISTER, None, field!(Ratio rules.synthetic_share), "what the synthetic close is charged for (STRAT-15)"),
        Line("commission.per_share", "USD", Kind::Decimal(Quantity::ZERO, Quantity::whole(1)), Neither, ADMINISTER, None, field!(Money commission.per_share), "for each share (STRAT-16)"),
        Line("commission.minimum", "USD", between(0, 100), Neither, ADMINISTER, None, field!(Money commission.minimum), "at least, for an order"),
        Line("commission.cap_share", "of the value", from_bp(0, 10_000), Neither, ADMINISTER, None, field!(Ratio commission.cap_share), "at most, for an order"),
    ]
}

#[rustfmt::skip]
fn orders() -> Vec<Line> {
    vec![
        Line("orders.time_to_live_minutes", "min", Kind::Whole(1, 60), Neither, OPERATE, None, field!(Whole orders.time_to_live_minutes), "how long an entry lives (EXEC-13a)"),
        Line("orders.kill_alarm_ms", "ms", Kind::Whole(10, 60_000), Neither, LIMIT, None, field!(Count orders.kill_alarm_ms), "from a kill to its last cancel, past which it is alarmed (RISK-14)"),
    ]
}

#[rustfmt::skip]
fn lifecycle() -> Vec<Line> {
    vec![
        Line("lifecycle.autostart", "", Kind::Switch, Loosens, ADMINISTER, None, field!(Switch lifecycle.autostart), "whether the bot starts to trade by itself when it is up"),
        Line("lifecycle.stop_deadline_seconds", "s of market time", Kind::Whole(1, 3_600), Neither, OPERATE, Some("STOP_DEADLINE"), field!(Count lifecycle.stop_deadline_seconds), "how long a stop may take (LIFE-6)"),
        Line("lifecycle.shutdown_deadline_seconds", "s", Kind::Whole(1, 30), Neither, ADMINISTER, None, field!(Count lifecycle.shutdown_deadline_seconds), "how long a shutdown may take (OPS-7)"),
        Line("display.time_zone", "", Kind::Zone, Neither, ADMINISTER, Some("TIMEZONE"), Field::Zone, "the time zone that pages show beside UTC and the exchange's"),
    ]
}

#[rustfmt::skip]
fn supervision() -> Vec<Line> {
    vec![
        Line("supervision.step_budget_ms", "ms", Kind::Whole(1, 1_500), Neither, ADMINISTER, None, field!(Count supervision.step_budget_ms), "how long one step of a strategy may take (LIFE-11)"),
        Line("supervision.failures", "failures", Kind::Whole(1, 20), Neither, ADMINISTER, None, field!(Count supervision.failures), "more than these within the window escalate (LIFE-11)"),
        Line("supervision.window_minutes", "min", Kind::Whole(1, 60), Neither, ADMINISTER, None, field!(Count supervision.window_minutes), "the window of failures (LIFE-11)"),
        Line("supervision.escalation_kills", "", Kind::Switch, Tightens, ADMINISTER, None, field!(Switch supervision.escalation_kills), "whether an escalation kills; otherwise it ends in error (RISK-13)"),
    ]
}

#[rustfmt::skip]
fn rehearsal() -> Vec<Line> {
    vec![
        Line("rehearsal.window_seconds", "s", Kind::Whole(1, 55), Neither, ADMINISTER, None, field!(Count rehearsal.window_seconds), "how long each window of a rehearsal takes, a minute or less with its warm-up (RES-1)"),
    ]
}

#[rustfmt::skip]
fn ledger() -> Vec<Line> {
    let help = "which lots close first (LEDG-5); what is booked keeps the lots that it was booked with. Chosen lots (specific) are named by an accountant for a sale, before its day is closed";
    vec![Line("ledger.lot_method", "", Kind::Choice(LotMethod::NAMES), Neither, ADMINISTER, None, field!(Lots ledger.lots), help)]
}

#[rustfmt::skip]
fn reports() -> Vec<Line> {
    vec![
        Line("float.below", "of the float", from_bp(1, 10_000), Neither, ADMINISTER, None, field!(Ratio float.below), "how far equity may be below the float at a session's close before accounting hears of it (REP-8)"),
        Line("float.above", "of the float", from_bp(1, 1_000_000), Neither, ADMINISTER, None, field!(Ratio float.above), "how far it may be above (REP-8)"),
        Line("readiness.sessions", "sessions", Kind::Whole(1, 10_000), Neither, ADMINISTER, None, field!(Count readiness.sessions), "sessions before going live, at least (REP-6)"),
        Line("readiness.decisions", "decisions", Kind::Whole(1, 1_000_000), Neither, ADMINISTER, None, field!(Count readiness.decisions), "decisions, at least (REP-6)"),
        Line("readiness.uptime", "of the minutes", from_bp(0, 10_000), Neither, ADMINISTER, None, field!(Ratio readiness.uptime), "minutes of sessions that the bot heard, at least (REP-6)"),
        Line("readiness.data_quality", "of the minutes", from_bp(0, 10_000), Neither, ADMINISTER, None, field!(Ratio readiness.data_quality), "minutes with a clean bar, at least (REP-6)"),
        Line("readiness.edge", "a trade", between(-1_000_000, 1_000_000), Neither, ADMINISTER, None, field!(Money readiness.edge), "mean net result at the low end of its 95 % interval, at least (REP-6)"),
        Line("readiness.drawdown", "of the float", from_bp(1, 10_000), Neither, ADMINISTER, None, field!(Ratio readiness.drawdown), "the deepest fall of equity, at most (REP-6)"),
        Line("readiness.breaks", "breaks", Kind::Whole(0, 1_000_000), Neither, ADMINISTER, None, field!(Count readiness.breaks), "open breaks of reconciliation, at most (REP-6)"),
        Line("readiness.stability", "of the weeks", from_bp(0, 10_000), Neither, ADMINISTER, None, field!(Ratio readiness.stability), "weeks with a gain, at least (REP-6)"),
    ]
}

#[rustfmt::skip]
fn backup() -> Vec<Line> {
    vec![
        Line("backup.after_session", "", Kind::Switch, Neither, ADMINISTER, None, field!(Switch backup.after_session), "whether a backup is taken after each session; a market that runs faster than the clock gets one in ten minutes at most (REP-9)"),
        Line("backup.keep_count", "backups", Kind::Whole(1, 1_000), Neither, ADMINISTER, None, field!(Count backup.keep_count), "how many backups are kept; the oldest go first, the newest stays in any case (REP-9)"),
        Line("backup.keep_days", "days", Kind::Whole(1, 3_650), Neither, ADMINISTER, None, field!(Count backup.keep_days), "how long backups are kept (REP-9)"),
    ]
}
