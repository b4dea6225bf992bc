use super::{GeneratedMarket, MarketSpec};
use crate::domain::calendar::Session;
use crate::domain::market::Instrument;
use crate::domain::seed::Seed;
use crate::world::backtest::Tape;

/// Sessions of a market, one after the other, each from its own seed: what is traded, in the byte order of the symbols, and
/// the tape of each.
#[must_use]
pub fn tapes(spec: &MarketSpec, sessions: impl IntoIterator<Item = (Seed, Session)>) -> (Vec<Instrument>, Vec<Tape>) {
    let (mut instruments, mut tapes): (Vec<Instrument>, Vec<Tape>) = (Vec::new(), Vec::new());
    for (seed, session) in sessions {
        let market = GeneratedMarket::new(seed, session.open, session.close, spec.clone());
        for (place, symbol) in market.symbols().into_iter().enumerate() {
            if let Some(tape) = tapes.get_mut(place) {
                tape.bars.extend(symbol.bars);
            } else {
                instruments.push(Instrument::us_equity(symbol.symbol));
                tapes.push(Tape { bars: symbol.bars, quotes: Vec::new() });
            }
        }
    }
    (instruments, tapes)
}
