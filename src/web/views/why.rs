//! Why nothing trades: the first cause and what to do about it, then which condition or gate held entries back how often.

use std::collections::BTreeMap;

use desk::domain::bot::BotState;
use desk::domain::ids::StrategyName;
use desk::domain::symbol::Symbol;
use serde_json::{Value, json};

use super::decisions::reason;
use super::risk::latched_since;
use super::words::{counted, left, percent};
use crate::messages::board::{Board, StrategyLine};
use crate::render::numbers::{clock, count};

/// A link of the chain: what was found, and whether it holds entries back.
struct Link {
    name: &'static str,
    holds: bool,
    said: String,
    /// Where to go about it: an address and its words.
    remedy: Option<(&'static str, &'static str)>,
}

/// A cause, counted: a condition of the strategy, or a gate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    gate: bool,
    label: String,
    link: String,
}

/// Counts of causes.
type Tally = BTreeMap<Cause, u64>;

/// The chain without the causes by symbol, for the command line.
#[must_use]
pub fn diagnosis(board: &Board) -> Value {
    let mut found = why(board, "", "");
    if let Some(found) = found.as_object_mut() {
        found.retain(|name, _| ["answer", "held", "remedy", "chain"].contains(&name.as_str()));
    }
    found
}

/// The page's values: all strategies and symbols, or those that were asked for.
pub(crate) fn why(board: &Board, strategy: &str, symbol: &str) -> Value {
    let chain = chain(board);
    let first = chain.iter().find(|l| l.holds);
    let fits = |s: StrategyName, y: Symbol| {
        (strategy.is_empty() || s.as_str() == strategy)
            && (symbol.is_empty() || y.to_string().eq_ignore_ascii_case(symbol))
    };
    let mut found = BTreeMap::<(StrategyName, Symbol), Tally>::new();
    let mut add = |s, y, cause: Cause, n: u64| {
        let sum = found.entry((s, y)).or_default().entry(cause).or_default();
        *sum = sum.saturating_add(n);
    };
    for line in board.skips.iter().filter(|l| fits(l.strategy, l.symbol)) {
        let link = String::new();
        add(
            line.strategy,
            line.symbol,
            Cause { gate: false, label: condition(line.reason).to_owned(), link },
            line.count,
        );
    }
    for line in board.refusals.iter().filter(|l| fits(l.strategy, l.symbol)) {
        let label = format!("{}: {}", line.gate.label(), reason(line.reason));
        let link = format!("/decisions?gate={}&strategy={}&symbol={}", line.gate, line.strategy, line.symbol);
        add(line.strategy, line.symbol, Cause { gate: true, label, link }, line.count);
    }
    let groups: Vec<Value> = StrategyName::TRADING.into_iter().filter_map(|s| group(board, s, &found)).collect();
    json!({
        "answer": first.map_or_else(|| "Nothing holds entries back at the moment.".to_owned(), |l| l.said.clone()),
        "held": first.is_some(),
        "remedy": first.and_then(|l| l.remedy).map(|(to, words)| json!({ "to": to, "words": words })),
        "chain": chain.iter().map(|l| json!({
            "name": l.name, "holds": l.holds, "said": l.said,
            "remedy": l.remedy.filter(|_| l.holds).map(|(to, words)| json!({ "to": to, "words": words })),
        })).collect::<Vec<_>>(),
        "groups": groups,
        "asked": { "strategy": strategy, "symbol": symbol },
    })
}

/// A strategy's causes: in all its symbols together, then symbol by symbol.
fn group(board: &Board, strategy: StrategyName, found: &BTreeMap<(StrategyName, Symbol), Tally>) -> Option<Value> {
    let own: Vec<(&Symbol, &Tally)> =
        found.iter().filter(|((s, _), _)| *s == strategy).map(|((_, y), t)| (y, t)).collect();
    if own.is_empty() {
        return None;
    }
    let mut total = Tally::new();
    for (cause, n) in own.iter().flat_map(|(_, tally)| tally.iter()) {
        let bare = Cause { link: cause.link.split("&symbol=").next().unwrap_or_default().to_owned(), ..cause.clone() };
        let sum = total.entry(bare).or_default();
        *sum = sum.saturating_add(*n);
    }
    let line = board.strategies.iter().find(|s| s.name == strategy);
    let signals = line.map_or(0, |l| l.signals);
    let symbols: Vec<Value> =
        own.iter().map(|(symbol, tally)| json!({ "symbol": symbol, "rows": rows(tally) })).collect();
    Some(json!({
        "name": strategy,
        "since": board.skips.iter().filter(|s| s.strategy == strategy).map(|s| s.since).min().map(clock),
        "meta": format!(
            "{}, {} blocked, {}",
            counted(usize::try_from(signals).unwrap_or(usize::MAX), "signal"),
            line.map_or(0, |l| l.blocked),
            counted(usize::try_from(line.map_or(0, |l| l.trades)).unwrap_or(usize::MAX), "trade"),
        ),
        "rows": rows(&total),
        "symbols": symbols,
    }))
}

/// The causes of a tally, the most frequent first, each with its share of all.
fn rows(tally: &Tally) -> Vec<Value> {
    let all = tally.values().fold(0_u64, |a, b| a.saturating_add(*b)).max(1);
    let mut sorted: Vec<(&Cause, &u64)> = tally.iter().collect();
    sorted.sort_by_key(|(cause, n)| (std::cmp::Reverse(**n), (*cause).clone()));
    let share = |n: u64| {
        let permille = n.saturating_mul(1_000).checked_div(all).unwrap_or(0);
        percent(i64::try_from(permille).unwrap_or(1_000))
    };
    sorted
        .into_iter()
        .map(|(c, n)| json!({ "label": c.label, "gate": c.gate, "link": c.link, "count": count(*n), "share": share(*n) }))
        .collect()
}

/// A condition that ends an evaluation without a signal (STRAT-6), in words.
fn condition(code: &str) -> &str {
    match code {
        "outside_window" => "outside of its window",
        "corrupt_bar" => "the bar was corrupt",
        "max_trades" => "its entries of the session are used up",
        "in_position" => "it holds or enters this symbol already",
        "insufficient_data" => "too few bars yet for its indicators",
        "no_setup" => "no setup: the market gave no reason to trade",
        "spent" => "a setup on a side that was used already",
        other => other,
    }
}

fn link(name: &'static str, holds: bool, said: String) -> Link {
    Link { name, holds, said, remedy: None }
}

impl Link {
    const fn go(mut self, to: &'static str, words: &'static str) -> Self {
        self.remedy = Some((to, words));
        self
    }
}

/// The chain in the order in which it is walked (OPS-9); the first link that holds is the cause.
fn chain(board: &Board) -> Vec<Link> {
    vec![
        // A bot that was killed is stopped for it: the latch is the cause, and its remedy comes first.
        latch(board),
        state(board),
        feed(board),
        hours(board),
        freezes(board),
        defense(board),
        strategies(board),
        signals(board),
        orders(board),
    ]
}

fn state(board: &Board) -> Link {
    let (state, word) = (board.state, board.state.word());
    if state.is_running() {
        return link("Bot", false, format!("The bot is running ({word})."));
    }
    let why = board.reason.as_deref().unwrap_or_default();
    let held =
        link("Bot", true, format!("The bot is {word}, and opens nothing in this state. {why}").trim().to_owned());
    match state {
        BotState::Started | BotState::Stopped => held.go("/", "Start it, at the top of every page"),
        BotState::Error => held.go("/system/health", "See what failed, then acknowledge and start"),
        _ => held,
    }
}

fn latch(board: &Board) -> Link {
    match board.latch.as_ref().zip(latched_since(board)) {
        None => link("Kill latch", false, "The kill latch is clear.".to_owned()),
        Some((set, since)) => {
            let said = format!("The kill latch is set since {since} by {}: nothing is sent.", set.who);
            link("Kill latch", true, said)
                .go("/kill", "An administrator resets it, with a reason and a one-time code; then start the bot")
        }
    }
}

fn feed(board: &Board) -> Link {
    match board.fed_at {
        None => link("Market data", true, "No market data have come yet.".to_owned())
            .go("/system/health", "Health of the feed"),
        Some(at) => link("Market data", false, format!("{}: the last bar is of {} UTC.", board.feed_name, clock(at))),
    }
}

fn hours(board: &Board) -> Link {
    let Some(session) = &board.session else {
        return link("Session", true, "No session has begun.".to_owned());
    };
    if board.at < session.open {
        return link("Session", true, format!("The market opens at {} UTC.", clock(session.open)));
    }
    if board.at >= session.close {
        return link("Session", true, format!("The market closed at {} UTC.", clock(session.close)));
    }
    link("Session", false, format!("The market is open until {} UTC.", clock(session.close)))
}

/// Defense mode blocks no entry by itself; the gates say which of its limits did.
fn defense(board: &Board) -> Link {
    let said = match &board.defense {
        None => "Defense mode is off.".to_owned(),
        Some(on) => format!(
            "Defense mode is on since {} by {}: {} % of each limit, and known symbols alone.",
            clock(on.mark.at),
            on.mark.who,
            super::risk::share(on.share)
        ),
    };
    link("Defense", false, said)
}

fn freezes(board: &Board) -> Link {
    let all: Vec<_> = board.freezes.iter().filter(|f| f.strategy.is_none()).collect();
    let said = |f: &&crate::messages::board::FreezeLine| {
        let why = if f.mark.why.is_empty() { "no reason given" } else { f.mark.why.as_str() };
        format!("{} (by {}: {why})", f.name, f.mark.who)
    };
    match all.as_slice() {
        [] => link("Freezes", false, "No freeze holds all entries back.".to_owned()),
        held => {
            let named: Vec<String> = held.iter().map(said).collect();
            link("Freezes", true, format!("All entries are frozen: {}.", named.join("; "))).go("/risk", "Freezes")
        }
    }
}

fn strategies(board: &Board) -> Link {
    if board.strategies.is_empty() {
        let said = "Every strategy is switched off.".to_owned();
        return link("Strategies", true, said).go("/strategies", "Switch one on");
    }
    let frozen = |s: &StrategyLine| board.freezes.iter().any(|f| f.strategy == Some(s.name));
    let open = |s: &&StrategyLine| {
        s.on && s.suspended.is_none()
            && !frozen(s)
            && s.window.is_some_and(|(from, to)| from <= board.at && board.at < to)
    };
    let working: Vec<&str> = board.strategies.iter().filter(open).map(|s| s.name.as_str()).collect();
    if !working.is_empty() {
        return link("Strategies", false, format!("In its window and trading: {}.", working.join(", ")));
    }
    let out: Vec<String> = board
        .strategies
        .iter()
        .filter_map(|s| match &s.suspended {
            Some(why) => Some(format!("{} is suspended ({why})", s.name)),
            None if !s.on => Some(format!("{} is off by the configuration", s.name)),
            None => frozen(s).then(|| format!("{} is frozen", s.name)),
        })
        .collect();
    let next = board.strategies.iter().filter(|s| s.on).filter_map(|s| s.window.map(|(from, _)| (from, s.name)));
    let next = next.filter(|(from, _)| *from > board.at).min();
    let next = next.map_or_else(
        || "No window comes any more today.".to_owned(),
        |(from, name)| format!("{name} opens at {} UTC, in {}.", clock(from), left(from, board.at)),
    );
    let out = if out.is_empty() { String::new() } else { format!(" {}.", out.join("; ")) };
    link("Strategies", true, format!("No strategy is in its window.{out} {next}")).go("/strategies", "Strategies")
}

fn signals(board: &Board) -> Link {
    let sum = |f: fn(&StrategyLine) -> u64| board.strategies.iter().map(f).fold(0_u64, u64::saturating_add);
    let (all, blocked) = (sum(|s| s.signals), sum(|s| s.blocked));
    if all == 0 {
        let most = board.skips.iter().filter(|s| s.reason != "outside_window").max_by_key(|s| s.count);
        let most = most.map_or_else(String::new, |s| format!(" Most often: {}.", condition(s.reason)));
        return link("Signals", true, format!("No strategy has seen a reason to trade today.{most}"));
    }
    if blocked < all {
        let said = format!("{} of {} signals passed every gate.", count(all.saturating_sub(blocked)), count(all));
        return link("Signals", false, said);
    }
    let most = board.refusals.iter().max_by_key(|r| r.count);
    let most = most.map_or_else(String::new, |r| format!(" Most often: {} ({}).", r.gate.label(), reason(r.reason)));
    link("Signals", true, format!("All {} signals of today were blocked by a gate.{most}", count(all)))
        .go("/decisions?outcome=blocked", "The blocked decisions")
}

fn orders(board: &Board) -> Link {
    let missed = board.decisions.iter().filter(|d| d.outcome == "missed").count();
    let traded = !board.trades.is_empty() || !board.positions.is_empty();
    let working = board.orders.iter().filter(|o| !o.leg.reduces()).count();
    if !traded && working == 0 && missed > 0 {
        let said = format!(
            "{} ended without a fill: the price was not met in time.",
            counted(missed, "entry").replace("entrys", "entries")
        );
        return link("Orders", true, said).go("/decisions?outcome=missed", "The missed ones");
    }
    let said = format!(
        "{} closed, {} open, {} working.",
        counted(board.trades.len(), "trade"),
        counted(board.positions.len(), "position"),
        counted(working, "entry").replace("entrys", "entries"),
    );
    link("Orders", false, said)
}
