//! Fees on sales of listed United States equities, by session date (LEDG-3b, STRAT-16).

use std::fmt;

use serde::Serialize;

use super::table::{self, FeeTableError};
use crate::domain::decimal::{Money, Quantity, Ratio};
use crate::domain::journal::FeeKind;
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, Wide};

/// 10⁸ × 10⁶: brings value × rate per million back to 10⁻⁸ in one rounding.
const SCALE_MILLION: i128 = 100_000_000_000_000;
/// One cent in steps of 10⁻⁸.
const CENT: i64 = 1_000_000;

/// A fee's name in the table of rates.
#[must_use]
pub const fn table_name(fee: FeeKind) -> &'static str {
    match fee {
        FeeKind::Sec => "sec_section_31",
        FeeKind::Taf => "finra_taf",
    }
}

/// What a fee's rate is per, as the table names it.
#[must_use]
pub const fn unit(fee: FeeKind) -> &'static str {
    match fee {
        FeeKind::Sec => "usd_per_million_of_sales",
        FeeKind::Taf => "usd_per_share_sold",
    }
}

/// The rates on sales that hold in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleRates {
    sec: Ratio,
    taf: Ratio,
    taf_cap: Option<Money>,
}

impl SaleRates {
    /// The SEC's fee of a selling fill: value × rate ÷ 10⁶, half to even at 10⁻⁸. The value may have either sign.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn sec(&self, value: Money) -> Result<Money, Overflow> {
        Wide::product(value.magnitude().raw(), self.sec.raw()).half_even(SCALE_MILLION).ok_or(Overflow)?.money()
    }

    /// The trading activity fee of a selling fill: shares × rate, half to even at 10⁻⁸, at most the cap.
    /// The shares may have either sign.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn taf(&self, shares: Quantity) -> Result<Money, Overflow> {
        let fee = Wide::product(shares.magnitude().raw(), self.taf.raw()).half_even_to_scale().money()?;
        Ok(self.taf_cap.map_or(fee, |cap| fee.min(cap)))
    }
}

/// A rate and how sure it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeeRow {
    /// Whose rate.
    pub fee: FeeKind,
    /// The first session at which it holds.
    pub from: Date,
    /// In the fee's own unit.
    pub rate: Ratio,
    /// At most this for one trade, where there is a cap.
    pub cap: Option<Money>,
    /// Where the row is known from; shown beside the rate.
    pub evidence: String,
}

impl fmt::Display for FeeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", table_name(self.fee), self.rate, unit(self.fee))?;
        if let Some(cap) = self.cap {
            write!(f, ", at most {cap} per trade")?;
        }
        write!(f, ", from {} ({})", self.from, self.evidence)
    }
}

/// The rates of one fee in the order of their dates; there is always one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) first: FeeRow,
    pub(super) later: Vec<FeeRow>,
}

impl Rates {
    /// The row that holds at a session; before the first row, the first.
    fn at(&self, session: Date) -> &FeeRow {
        self.later.iter().rev().find(|row| row.from <= session).unwrap_or(&self.first)
    }
}

/// Dated rates of every fee on sales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeSchedule {
    pub(super) sec: Rates,
    pub(super) taf: Rates,
}

impl FeeSchedule {
    /// The rates that come with the product (`data/us_sell_fees.csv`). Reads the whole table: make it once.
    ///
    /// # Errors
    /// None in a build whose tests pass.
    pub fn us_sales() -> Result<Self, FeeTableError> {
        Self::parse(include_str!("../../../data/us_sell_fees.csv"))
    }

    /// Reads a table of rates: `fee,from_session,rate,per,cap_per_trade_usd,evidence`, the dates of a
    /// fee rising, an empty cap where there is none.
    ///
    /// # Errors
    /// [`FeeTableError`] with the line, the value and what is allowed.
    pub fn parse(text: &str) -> Result<Self, FeeTableError> {
        table::parse(text)
    }

    /// The row of a fee that holds at a session; before the fee's first row, that row.
    #[must_use]
    pub fn row(&self, fee: FeeKind, session: Date) -> &FeeRow {
        self.rates(fee).at(session)
    }

    /// Whether a session lies before the fee's first row, so that its rate is borrowed from later.
    #[must_use]
    pub fn is_before_first(&self, fee: FeeKind, session: Date) -> bool {
        session < self.rates(fee).first.from
    }

    /// The rates that hold at a session.
    #[must_use]
    pub fn at(&self, session: Date) -> SaleRates {
        let taf = self.taf.at(session);
        SaleRates { sec: self.sec.at(session).rate, taf: taf.rate, taf_cap: taf.cap }
    }

    const fn rates(&self, fee: FeeKind) -> &Rates {
        match fee {
            FeeKind::Sec => &self.sec,
            FeeKind::Taf => &self.taf,
        }
    }
}

/// Raised to the next whole cent, away from zero: what a session's sum of a fee is charged as (STRAT-16).
///
/// # Errors
/// [`Overflow`] where the next cent is beyond 92 billion.
pub fn raised_to_cent(sum: Money) -> Result<Money, Overflow> {
    let cents = Wide::new(sum.raw().into()).raised(CENT.into()).ok_or(Overflow)?;
    (cents * CENT).money()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule() -> FeeSchedule {
        FeeSchedule::us_sales().unwrap()
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn strat_16_the_sec_s_fee_is_value_times_rate_by_session() {
        for (session, value, fee) in [
            ("2024-08-23", "14596.66", "0.40578715"),
            ("2024-08-23", "-14596.66", "0.40578715"),
            ("2024-05-21", "1000000", "8.00"),
            ("2024-05-22", "1000000", "27.80"),
            ("2025-05-13", "1000000", "27.80"),
            ("2025-05-14", "1000000", "0.00"), // no fee for eleven months
            ("2026-04-03", "1000000", "0.00"),
            ("2026-04-04", "1000000", "20.60"),
            ("2035-12-31", "1000000", "20.60"),
            ("2005-01-03", "1000000", "22.40"), // before the first row, that row
            ("2023-03-01", "0.000625", "0.00"), // 0.5 steps: half to even
            ("2023-03-01", "0.001875", "0.00000002"),
        ] {
            let fee_of = schedule().at(date(session)).sec(value.parse().unwrap()).unwrap();
            assert_eq!(fee_of.to_string(), fee, "{value} on {session}");
        }
    }

    #[test]
    fn strat_16_the_activity_fee_is_by_the_share_at_most_its_cap() {
        for (session, shares, fee) in [
            ("2026-03-13", "81", "0.015795"),
            ("2026-03-13", "-81", "0.015795"),
            ("2024-08-23", "26", "0.004316"),
            ("2024-08-23", "50000", "8.30"),
            ("2024-08-23", "50001", "8.30"),
            ("2023-12-29", "1000", "0.145"),
            ("2024-01-02", "1000", "0.166"),
            ("2027-01-04", "60000", "13.92"), // no cap is known
            ("2009-06-01", "100000", "4.50"), // before the first row, that row with its cap
            ("2013-01-02", "0.00001", "0.00"),
            ("2023-01-03", "0.0001", "0.00000001"), // 1.45 steps
        ] {
            let fee_of = schedule().at(date(session)).taf(shares.parse().unwrap()).unwrap();
            assert_eq!(fee_of.to_string(), fee, "{shares} on {session}");
        }
    }

    #[test]
    fn ledg_3b_a_rate_names_its_source_and_says_where_it_is_borrowed() {
        let schedule = schedule();
        for (fee, session, borrowed) in [
            (FeeKind::Sec, "2012-03-30", true),
            (FeeKind::Sec, "2012-04-01", false),
            (FeeKind::Taf, "2011-06-30", true),
            (FeeKind::Taf, "2011-07-01", false),
        ] {
            assert_eq!(schedule.is_before_first(fee, date(session)), borrowed, "{fee:?} {session}");
        }
        assert_eq!(
            schedule.row(FeeKind::Taf, date("2024-08-23")).to_string(),
            "finra_taf 0.000166 usd_per_share_sold, at most 8.30 per trade, from 2024-01-01 (published schedule)"
        );
        assert_eq!(
            schedule.row(FeeKind::Taf, date("2027-06-01")).to_string(),
            "finra_taf 0.000232 usd_per_share_sold, from 2027-01-01 (one document that quotes it; the cap is not known)"
        );
    }

    #[test]
    fn strat_16_a_session_s_sum_is_raised_to_the_cent() {
        for (sum, raised) in [
            ("0", "0.00"),
            ("0.00000001", "0.01"),
            ("0.00936", "0.01"), // 48 shares in nine sales on one day
            ("0.01", "0.01"),
            ("0.01000001", "0.02"),
            ("0.31312", "0.32"),
            ("-0.31312", "-0.32"),
        ] {
            assert_eq!(raised_to_cent(sum.parse().unwrap()).unwrap().to_string(), raised, "{sum}");
        }
        assert_eq!(raised_to_cent(Money::MAX), Err(Overflow));
    }

    proptest! {
        #[test]
        fn a_raised_sum_is_the_next_whole_cent(steps in 0_i64..1_000_000_000_000_000) {
            let raised = raised_to_cent(Money::from_raw(steps)).unwrap().raw();
            prop_assert_eq!(raised % CENT, 0);
            prop_assert!((0..CENT).contains(&(raised - steps)));
        }

        #[test]
        fn the_row_that_holds_is_the_last_one_not_later_than_the_session(offset in 0_i64..9_000) {
            let (schedule, session) = (schedule(), date("2010-01-01").plus(offset));
            for fee in FeeKind::ALL {
                let rates = schedule.rates(fee);
                let all = || std::iter::once(&rates.first).chain(&rates.later);
                let expected = all().filter(|row| row.from <= session).max_by_key(|row| row.from);
                prop_assert_eq!(schedule.row(fee, session), expected.unwrap_or(&rates.first));
                prop_assert_eq!(schedule.is_before_first(fee, session), expected.is_none());
            }
        }
    }
}
