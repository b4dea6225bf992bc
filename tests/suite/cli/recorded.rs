use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use desk::domain::calendar::Calendar;
use desk::domain::decimal::Quantity;
use desk::domain::ids::SessionId;
use desk::domain::market::Bar;
use desk::domain::time::{Span, Timestamp};
use serde_json::Value;
use tbot::gateway::market_data::DataFolder;
use tbot::store::{Address, Reader, Reading, Scope};

use super::bot::Bot;
use super::same_bytes::same;
use super::tool::{tbot_well, text};
use crate::places::Folder;

/// The corrupt minutes of each file of `dirty_1m`, counted once and for all.
const DIRTY: &str = include_str!("../dirty_counts.csv");

/// The real recordings: `TBOT_MARKET_DATA`, or beside the repository. They are not part of it.
pub(crate) fn recordings(below: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market-data");
    let named = std::env::var_os("TBOT_MARKET_DATA").map(PathBuf::from);
    let folder = named.clone().unwrap_or(beside).join(below);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(named.is_none(), "TBOT_MARKET_DATA has no {}", folder.display());
    eprintln!("SKIPPED: no real recordings at {} and TBOT_MARKET_DATA is not set", folder.display());
    None
}

/// A run over recorded bars.
struct Run {
    _place: Folder,
    out: PathBuf,
    said: Value,
}

fn run(data: &Path, more: &[&str]) -> Run {
    let place = Folder::new();
    let out = place.path().join("out");
    let mut arguments: Vec<String> = ["backtest", "--json", "--data"].map(str::to_owned).to_vec();
    arguments.extend([text(data), "--out".to_owned(), text(&out)]);
    arguments.extend(more.iter().map(|s| (*s).to_owned()));
    let said = tbot_well(&arguments).json();
    Run { _place: place, out, said }
}

impl Run {
    fn trades(&self) -> Vec<Value> {
        serde_json::from_slice(&std::fs::read(self.out.join("trade_history.json")).unwrap()).unwrap()
    }

    fn decisions(&self) -> Vec<Value> {
        let lines = std::fs::read_to_string(self.out.join("decisions.jsonl")).unwrap();
        lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    fn sessions(&self) -> Vec<Value> {
        let mut found = Vec::new();
        for name in super::tool::names(&self.out.join("summaries")) {
            let file = self.out.join("summaries").join(name).join("daily_summary.json");
            found.push(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap());
        }
        found
    }

    /// Books verify, and at the end of each session nothing is held.
    fn is_sound(&self) {
        let verified = tbot_well(&["ledger", "verify", &text(&self.out), "--json"]).json();
        assert_eq!(verified["verified"], true);
        assert_eq!(verified["books"][0]["closings"].as_u64(), self.said["counts"]["sessions"].as_u64());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let reader = Reader::open(&Address::Sqlite(self.out.join("ledger.db"))).await.unwrap();
            let book = reader.books().await.unwrap().remove(0);
            for session in self.sessions() {
                let session: SessionId = session["session"].as_str().unwrap().parse().unwrap();
                let until = Scope::up_to(&book, session, Reading::BySession).unwrap();
                for balance in reader.balances(&book, &until).await.unwrap() {
                    assert_eq!(balance.units, Quantity::ZERO, "{session}: {balance:?}");
                }
            }
            reader.close().await;
        });
    }

    fn strategies(&self) -> BTreeSet<String> {
        self.trades().iter().map(|t| t["strategy_name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn real_bars_give_trades_of_all_strategies_books_that_balance_and_nothing_held_overnight() {
    for (below, sessions) in
        [("equities_1m/spy2024", 153), ("equities_1m/us2019_week", 3), ("equities_1m/us2026_spring", 9)]
    {
        let Some(data) = recordings(below) else { continue };
        let run = run(&data, &[]);
        assert_eq!(run.said["counts"]["sessions"], sessions, "{below}");
        assert_eq!(run.strategies(), ["close", "mid", "open"].map(str::to_owned).into(), "{below}");
        run.is_sound();
        for trade in run.trades() {
            let session: SessionId = trade["session"].as_str().unwrap().parse().unwrap();
            let hours = Calendar::XNYS.session(session.date).unwrap();
            let exit: Timestamp = trade["exit_timestamp"].as_str().unwrap().parse().unwrap();
            assert!(hours.open < exit && exit <= hours.close, "{trade}");
        }
    }
}

/// RES-8: recorded days through the actors of the real binary, the feed owning the clock, and through a backtest: the chains of
/// events and of books end in the same links, and journal, decisions and trades are the same bytes.
#[test]
fn res_8_recorded_days_leave_the_same_bytes_live_and_in_a_backtest() {
    let Some(recorded) = recordings("equities_1m/us2019_week") else { return };
    let run = run(&recorded, &[]);
    assert_eq!(run.strategies(), ["close", "mid", "open"].map(str::to_owned).into());
    let place = Folder::new();
    let data = place.path().join("data");
    let mut bot = Bot::start(&data, &["--feed", &format!("replay:{}", text(&recorded)), "--speed", "max"]);
    bot.register();
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("the feed's end", |b| b["alerts"].as_array().unwrap().iter().any(|a| a["code"] == "feed_ended"));
    let output = data.join("output/TBOT_US_SIM_01");
    let sessions = run.sessions();
    let of = |session: &Value| session["session"].as_str().unwrap().replace(':', "_");
    let own = |session: &Value, name: &str| output.join("sessions").join(of(session)).join(name);
    bot.until("the files of each day", |_| sessions.iter().all(|s| own(s, "SHA256SUMS").exists()));
    assert_eq!(bot.tell("shutdown").code, Some(0));
    assert_eq!(bot.ends().code(), Some(0));

    let heads = |path: &Path| {
        let book = &tbot_well(&["ledger", "verify", &text(path), "--json"]).json()["books"][0];
        (book["head"].clone(), book["events_head"].clone())
    };
    assert_eq!(heads(&data), heads(&run.out));
    let journal = |path: &Path, name: &str| {
        let out = place.path().join(name);
        tbot_well(&["ledger", "export", &text(path), "--format", "json", "--out", &text(&out)]);
        std::fs::read(out).unwrap()
    };
    assert!(journal(&data, "live.json") == journal(&run.out, "backtest.json"));
    let decisions: String =
        sessions.iter().map(|s| std::fs::read_to_string(own(s, "decisions/decisions.jsonl")).unwrap()).collect();
    assert!(decisions == std::fs::read_to_string(run.out.join("decisions.jsonl")).unwrap());
    let trades = sessions.iter().flat_map(|s| {
        let bytes = std::fs::read(own(s, "trades/trade_history.json")).unwrap();
        serde_json::from_slice::<Vec<Value>>(&bytes).unwrap()
    });
    assert_eq!(trades.collect::<Vec<_>>(), run.trades());
}

#[test]
fn with_quotes_the_spread_is_the_market_s_own() {
    let (Some(data), Some(quotes)) =
        (recordings("equities_1m/us2013_lean"), recordings("equities_1m_quotes/us2013_lean"))
    else {
        return;
    };
    let with = run(&data, &["--quotes", quotes.to_str().unwrap()]);
    with.is_sound();
    assert_eq!(with.strategies().len(), 3);
    let early: Vec<_> = with.sessions().into_iter().filter(|s| s["early_close"] == true).collect();
    assert_eq!(early.len(), 1, "24 December 2015 closes early");
    let without = run(&data, &[]);
    let fills = |run: &Run| run.trades().iter().map(|t| t["entry_price"].to_string()).collect::<Vec<_>>();
    assert_ne!(fills(&with), fills(&without), "quotes change what fills cost");
    let record: Value = serde_json::from_slice(&std::fs::read(with.out.join("run.json")).unwrap()).unwrap();
    let kinds: BTreeSet<_> = record["inputs"].as_array().unwrap().iter().map(|i| i["kind"].to_string()).collect();
    assert_eq!(kinds, ["\"bars\"", "\"fees\"", "\"quotes\""].map(str::to_owned).into());
}

#[test]
fn res_7a_real_bars_give_the_same_bytes_too() {
    let Some(data) = recordings("equities_1m/us2019_week") else { return };
    same(&data, &["TSLA", "AAPL", "SPY", "UGA"], &[]);
}

/// TRADE-3a and STRAT-2, written out a second time: the starts of corrupt bars.
fn corrupt(bars: &[Bar]) -> BTreeSet<Timestamp> {
    let mut found = BTreeSet::new();
    let mut sessions = BTreeMap::<SessionId, Vec<&Bar>>::new();
    for bar in bars {
        if let Some(session) = Calendar::XNYS.session_at(bar.start) {
            let before = sessions.entry(session.id).or_default();
            let (from_open, to_close) = (bar.start - session.open, session.close - bar.start);
            let edge = from_open < Span::minutes(5) || to_close <= Span::minutes(5);
            let mut volumes: Vec<i64> = before.iter().rev().take(30).map(|b| b.volume.raw()).collect();
            volumes.sort_unstable();
            let n = volumes.len();
            // Twice the median, so that the mean of the middle two stays whole.
            let twice = if n == 0 { 0 } else { volumes[(n - 1) / 2] + volumes[n / 2] };
            let loud = n >= 5 && twice > 0 && 2 * bar.volume.raw() > 8 * twice && !edge;
            if loud || bar.volume.is_zero() && bar.high != bar.low {
                found.insert(bar.start);
            }
            before.push(bar);
        }
    }
    found
}

#[test]
fn trade_3a_the_corrupt_minutes_of_each_file_are_as_counted_and_nothing_is_decided_on_them() {
    let Some(data) = recordings("dirty_1m/us2026_spring") else { return };
    let expected: BTreeMap<&str, u64> = DIRTY
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').map(|(file, n)| (file, n.parse().unwrap())).unwrap())
        .collect();
    let run = run(&data, &[]);
    run.is_sound();
    let mut counted = BTreeMap::<String, u64>::new();
    for session in run.sessions() {
        for (ticker, quality) in session["data_quality"].as_object().unwrap() {
            *counted.entry(format!("{ticker}.csv.zst")).or_default() += quality["corrupt_bars"].as_u64().unwrap();
        }
    }
    let counted: BTreeMap<&str, u64> = counted.iter().map(|(file, n)| (file.as_str(), *n)).collect();
    assert_eq!(counted, expected);
    let folder = DataFolder::open(&data).unwrap();
    let mut bad = BTreeMap::new();
    for symbol in folder.symbols() {
        let bars = folder.read(symbol, Timestamp::from_nanos(i64::MIN), Timestamp::MAX).unwrap().bars;
        let found = corrupt(&bars);
        assert_eq!(expected[format!("{symbol}.csv.zst").as_str()], found.len() as u64, "{symbol}");
        bad.insert(symbol.to_string(), found);
    }
    let decisions = run.decisions();
    assert!(!decisions.is_empty());
    for decision in decisions {
        let at: Timestamp = decision["at"].as_str().unwrap().parse().unwrap();
        assert!(!bad[decision["ticker"].as_str().unwrap()].contains(&(at - Span::MINUTE)), "{decision}");
    }
}
