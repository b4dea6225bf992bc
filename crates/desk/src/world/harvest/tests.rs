use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::fees::FeeSchedule;
use crate::domain::ids::StrategyName;
use crate::domain::journal::EntryKind;
use crate::domain::records::{ExitReason, Outcome};
use crate::domain::seed::Seed;
use crate::domain::time::{Date, Span};
use crate::domain::wide::Wide;
use crate::machines::ledger::Stored;
use crate::machines::market_data::Hours;
use crate::strategies::Parameters;
use crate::world::backtest::{Backtest, Tape};
use crate::world::generated::{MarketSpec, tapes};
use crate::world::trader::Setup;

struct Played {
    setup: Setup,
    tapes: Vec<Tape>,
    events: Vec<Event>,
    entries: Vec<Stored>,
    watched: Watched,
    harvest: Harvest,
}

/// Three sessions of the generated market; what `cut` makes of the tapes is played.
fn played(seed: u64, cut: impl Fn(&mut Vec<Tape>)) -> Played {
    let first: Date = "2026-11-24".parse().unwrap();
    // The third one closes early.
    let sessions = Calendar::XNYS.sessions(first, first.plus(3)).unwrap().map(|session| (Seed(seed), session));
    let (instruments, mut tapes) = tapes(&MarketSpec::demo(), sessions);
    cut(&mut tapes);
    let setup = Setup::usual("TBOT_US_SIM_01".parse().unwrap(), instruments);
    let mut backtest = Backtest::new(setup.clone(), FeeSchedule::us_sales().unwrap()).unwrap();
    let mut watched = Watched::default();
    backtest.run(&tapes, &mut watched).unwrap();
    let last_bars: Vec<_> =
        setup.instruments.iter().zip(&tapes).map(|(i, t)| (i.symbol, t.bars.last().map(|b| b.start))).collect();
    let memory = backtest.trader.record;
    let harvest = harvest(&Source {
        events: &memory.events,
        booked: &memory.booked,
        watched: &watched,
        last_bars: &last_bars,
        identity: &setup.identity,
        mode: Mode::Paper,
        currency: Currency::USD,
    })
    .unwrap();
    Played { setup, tapes, events: memory.events, entries: memory.entries, watched, harvest }
}

fn sum(values: impl Iterator<Item = Money>) -> Wide {
    values.map(Wide::from).fold(Wide::ZERO, |a, b| a + b)
}

#[test]
fn strat_17_records_agree_with_themselves_and_with_the_books() {
    let run = played(5, |_| {});
    assert!(run.harvest.trades.len() > 10);
    for trade in &run.harvest.trades {
        trade.check().unwrap();
        // Each fill of the trade's orders is booked by one entry, which names it.
        let fills = run
            .events
            .iter()
            .filter(|e| matches!(&e.body, Body::Executed { order, .. } if trade.order_ids.contains(order)));
        assert_eq!(trade.entry_seqs.len(), fills.count());
        for (id, seq) in trade.entry_ids.iter().zip(&trade.entry_seqs) {
            let entry = &run.entries[usize::try_from(*seq).unwrap() - 1].entry().unwrap();
            assert_eq!((entry.seq, &entry.entry_id, entry.draft.kind), (*seq, id, EntryKind::Fill));
        }
        // Market orders and stops pay for the spread; a target does not.
        assert!(trade.entry_slippage > Money::ZERO);
        assert_eq!(trade.exit_slippage > Money::ZERO, trade.exit_reason != ExitReason::TargetHit);
        assert_eq!(
            trade.last_stop_price != trade.stop_price,
            trade.exit_reason == ExitReason::TrailingStop || {
                // A stop that trailed need not be the one that filled.
                run.events
                    .iter()
                    .any(|e| matches!(&e.body, Body::Amended { order, .. } if trade.order_ids.contains(order)))
            }
        );
    }
}

#[test]
fn equity_runs_from_float_to_float_and_results_less_the_rounding_of_fees() {
    let run = played(5, |_| {});
    let float = run.setup.limits.float;
    let mut before = float;
    assert_eq!(run.harvest.sessions.len(), 3);
    for session in &run.harvest.sessions {
        assert_eq!(session.equity_open, before, "{}", session.session);
        let own = || run.harvest.trades.iter().filter(|t| t.session == session.session);
        assert_eq!(Wide::from(session.net), sum(own().map(|t| t.pnl_net)));
        let rounding = session.fee_rounding.total().unwrap();
        assert!(session.fee_rounding.commission.is_zero() && rounding > Money::ZERO);
        let close = Wide::from(before) + Wide::from(session.net) - Wide::from(rounding);
        assert_eq!(Wide::from(session.equity_close), close);
        assert_eq!(Wide::from(session.fees.total().unwrap()), sum(own().map(|t| t.fees)));
        // One point a whole minute, the last one at the close.
        let points: Vec<_> =
            run.harvest.equity.iter().filter(|p| session.open < p.at && p.at <= session.close).collect();
        assert_eq!(points.len() as u64, session.exposure.minutes);
        assert_eq!(points.last().unwrap().equity, session.equity_close);
        assert!(
            session.exposure.minutes_in_market > 0 && session.exposure.peak_gross >= session.exposure.average_gross
        );
        before = session.equity_close;
    }
    assert_eq!(run.harvest.sessions.iter().map(|s| s.early_close).collect::<Vec<_>>(), [false, false, true]);
    // The deepest fall of a session is measured from the highest equity of the run.
    let (mut peak, mut deepest) = (float, Money::ZERO);
    for point in &run.harvest.equity {
        peak = peak.max(point.equity);
        deepest = deepest.max(peak.checked_sub(point.equity).unwrap());
    }
    assert_eq!(run.harvest.sessions.iter().map(|s| s.max_drawdown).max(), Some(deepest));
}

#[test]
fn strat_12_each_decision_has_the_outcome_that_its_events_give_it() {
    let run = played(5, |_| {});
    let traded: Vec<_> = run.harvest.trades.iter().map(|t| &t.decision_id).collect();
    let mut blocked = 0;
    for decision in &run.harvest.decisions {
        assert_eq!(decision.outcome == Outcome::Executed, traded.contains(&&decision.decision_id));
        assert_eq!(decision.outcome == Outcome::Blocked, decision.blocked_by.is_some());
        assert_eq!(decision.order_ids.is_empty(), decision.blocked_by.is_some());
        assert_eq!(decision.gates.len(), 17);
        if let Some(gate) = decision.blocked_by {
            blocked += 1;
            let said = decision.gates.iter().find(|g| g.gate == gate).unwrap();
            assert_eq!(said.reason, decision.reason);
            assert!(said.value.is_some() && said.threshold.is_some());
        }
    }
    assert!(blocked > 0);
    let counts = run.harvest.counts(&run.events);
    assert_eq!(counts.decisions, run.harvest.decisions.len() as u64);
    assert_eq!(counts.fills, run.harvest.sessions.iter().map(|s| s.fills).sum::<u64>());
    assert_eq!(run.watched.closings.len(), 3);
    // TRADE-10: every bar inside of a session before its close is an evaluation or a signal of each strategy.
    let bars = counts.bars - run.tapes.len() as u64 * 3;
    assert_eq!(counts.evaluations + counts.decisions, bars * 3);
}

#[test]
fn strat_15_a_trade_whose_data_stop_says_data_end_in_its_record_alone() {
    let whole = played(5, |_| {});
    // Cut a symbol's data in the last session while it is held.
    let trade = whole.harvest.trades.iter().rev().find(|t| t.held() >= Span::minutes(3)).unwrap();
    let place = whole.setup.instruments.binary_search_by_key(&trade.ticker, |i| i.symbol).unwrap();
    let last = trade.entry_timestamp + Span::MINUTE;
    let cut = played(5, |tapes| tapes[place].bars.retain(|b| b.start <= last));
    let record = cut.harvest.trades.iter().find(|t| t.decision_id == trade.decision_id).unwrap();
    assert!(record.synthetic);
    assert_eq!(record.exit_reason, ExitReason::DataEnd);
    let told = cut.events.iter().find_map(|e| match &e.body {
        Body::TradeClosed(t) if t.decision == trade.decision_id => Some(t.reason),
        _ => None,
    });
    assert_eq!(told, Some(ExitReason::SessionEnd), "the event keeps the order's reason");
}

#[test]
fn a_chart_s_day_has_the_session_s_bars_with_vwap_and_the_bands_that_decisions_relied_on() {
    let run = played(5, |_| {});
    let decision = run.harvest.decisions.iter().find(|d| d.strategy_name == StrategyName::Close).unwrap();
    let session = run.harvest.sessions.iter().find(|s| s.session == decision.session).unwrap();
    let place = run.setup.instruments.binary_search_by_key(&decision.ticker, |i| i.symbol).unwrap();
    let hours = Hours { session: session.session, open: session.open, close: session.close };
    let bars = &run.tapes[place].bars;
    let day = chart::day_bars(hours, &run.setup.instruments[place], bars).unwrap();
    let own = session.data.iter().find(|q| q.ticker == decision.ticker).unwrap();
    assert_eq!((day.bars.len() as u64, day.corrupt.len() as u64), (own.bars, own.corrupt_bars));
    assert_eq!(day.vwap.len(), day.bars.len());
    let at = day.bars.iter().position(|b| b.end() == decision.at).unwrap();
    assert_eq!(day.vwap[at].unwrap().to_string(), decision.inputs["vwap"]);
    let bands = chart::bands(hours, &day, &[decision, decision], |s| Some(Parameters::of(s)));
    let [band] = bands.as_slice() else { panic!("{bands:?}") };
    assert_eq!((band.label, band.to), ("look-back", decision.at - Span::MINUTE));
    let inside =
        |b: &&crate::domain::market::Bar| band.from <= b.start && b.start < band.to && !day.corrupt.contains(&b.start);
    assert_eq!(day.bars.iter().filter(inside).count(), 30);
    let highest: Price = day.bars.iter().filter(inside).map(|b| b.high).max().unwrap();
    assert_eq!(highest, band.high);
    assert!(run.harvest.trades.iter().all(|t| t.size > Quantity::ZERO));
}
