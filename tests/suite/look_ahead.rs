//! The look-ahead guard over all real recordings (RES-6): 200 seeded moments a symbol in process, a dozen through files and
//! the command line.
//!
//! In process each moment's session runs alone: nothing crosses a night but equity and its highest mark, and those are
//! past at every moment. Compared is every event recorded up to the moment, as its stored bytes.

use std::collections::BTreeMap;
use std::path::Path;

use desk::domain::calendar::Calendar;
use desk::domain::market::Bar;
use desk::domain::seed::Seed;
use desk::domain::time::{Date, Timestamp};
use tbot::gateway::market_data::DataFolder;
use tbot::store::{Address, Reader};

use crate::cli::recorded::recordings;
use crate::cli::tool::{tbot_well, text, write_bars};
use crate::guard::{MOMENTS, guard, other_future};
use crate::places::Folder;
use crate::scene::Scene;

/// The bars of each session, in order.
fn sessions(bars: &[Bar]) -> Vec<Vec<Bar>> {
    let mut found = BTreeMap::<Date, Vec<Bar>>::new();
    for bar in bars {
        if let Some(session) = Calendar::XNYS.session_at(bar.start) {
            found.entry(session.id.date).or_default().push(*bar);
        }
    }
    found.into_values().collect()
}

#[test]
fn res_6_on_all_real_bars_another_future_leaves_the_past_as_it_was() {
    let Some(recorded) = recordings("equities_1m") else { return };
    let (from, to): (Date, Date) = ("2005-01-01".parse().unwrap(), "2035-12-31".parse().unwrap());
    let (mut moments, mut decisions, mut trades) = (0, 0, 0);
    for entry in std::fs::read_dir(recorded).unwrap() {
        let folder = DataFolder::open(&entry.unwrap().path()).unwrap();
        for (number, symbol) in folder.symbols().enumerate() {
            let bars = folder.read(symbol, from.midnight(), to.midnight()).unwrap().bars;
            let days = sessions(&bars);
            for moment in 0..MOMENTS {
                let seed = moment * 1_000 + number as u64;
                let mut rng = Seed(seed).part(symbol.as_str(), 0).rng();
                let Some(day) = rng.pick(&days) else { continue };
                let run = |tapes: &[Vec<Bar>]| Scene::new("open,mid,close").tape(symbol, tapes[0].clone()).run().events;
                let (seen, broken) = guard(std::slice::from_ref(day), seed, run, 1);
                assert_eq!(broken, [], "{symbol}: the future changed what was recorded before");
                moments += seen.moments;
                decisions += seen.decisions;
                trades += seen.trades;
            }
        }
    }
    assert!(moments > 5_000 && decisions > 1_000 && trades > 500, "{moments} {decisions} {trades}");
}

/// The stored bytes of the events that a run of the command line recorded up to a moment.
fn recorded_up_to(bars: &BTreeMap<String, Vec<Bar>>, place: &Path, moment: Timestamp) -> Vec<Vec<u8>> {
    let (data, out) = (place.join("data"), place.join("out"));
    write_bars(&data, bars);
    tbot_well(&["backtest", "--json", "--data", &text(&data), "--out", &text(&out)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reader = Reader::open(&Address::Sqlite(out.join("ledger.db"))).await.unwrap();
        let book = reader.books().await.unwrap().remove(0);
        let stored = reader.events(&book, 0, 1_000_000).await.unwrap();
        reader.close().await;
        stored.into_iter().map(|e| e.event).filter(|e| e.at <= moment).map(|e| e.bytes).collect()
    })
}

#[test]
fn res_6_a_dozen_futures_through_files_and_the_command_line() {
    let Some(recorded) = recordings("equities_1m/us2019_week") else { return };
    let folder = DataFolder::open(&recorded).unwrap();
    let (from, to): (Date, Date) = ("2005-01-01".parse().unwrap(), "2035-12-31".parse().unwrap());
    let read = |name: &str| folder.read(name.parse().unwrap(), from.midnight(), to.midnight()).unwrap().bars;
    let bars: BTreeMap<String, Vec<Bar>> =
        ["AAPL", "SPY", "TSLA"].into_iter().map(|s| (s.to_owned(), sessions(&read(s)).concat())).collect();
    let mut compared = 0;
    for number in 0..12 {
        let mut rng = Seed(number).part("files", 0).rng();
        let moment = rng.pick(&bars["SPY"]).unwrap().end();
        let other = bars.iter().map(|(s, b)| (s.clone(), other_future(b, moment, &mut rng))).collect();
        let (one, two) = (Folder::new(), Folder::new());
        let before = recorded_up_to(&bars, one.path(), moment);
        assert_eq!(before, recorded_up_to(&other, two.path(), moment), "{moment}");
        compared += before.len();
    }
    assert!(compared > 100, "{compared} events compared");
}
