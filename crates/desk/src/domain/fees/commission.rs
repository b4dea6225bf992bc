//! The commission of an order, by its quantity and value so far (STRAT-16).

use crate::domain::decimal::{Money, Quantity, Ratio};
use crate::domain::wide::{Overflow, Wide};

/// min(max(`per_share` × shares, `minimum`), `cap_share` × value), for each order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommissionSchedule {
    /// For each share; 0.005 by default.
    pub per_share: Money,
    /// At least this for an order; 1.00 by default.
    pub minimum: Money,
    /// At most this part of the order's value; 0.01 by default.
    pub cap_share: Ratio,
}

impl Default for CommissionSchedule {
    fn default() -> Self {
        Self { per_share: Money::from_raw(500_000), minimum: Money::whole(1), cap_share: Ratio::from_raw(1_000_000) }
    }
}

impl CommissionSchedule {
    /// What an order owes by now: `shares` and `value` are the sums over its fills, in either sign.
    ///
    /// The products round half to even at 10⁻⁸, the result is not rounded to the cent. Rounding keeps
    /// the order of values, so it makes no difference that it comes before the comparisons.
    ///
    /// # Errors
    /// [`Overflow`] where a product is beyond 92 billion.
    pub fn owed(&self, shares: Quantity, value: Money) -> Result<Money, Overflow> {
        let by_share = Wide::product(shares.magnitude().raw(), self.per_share.raw()).half_even_to_scale().money()?;
        let cap = Wide::product(value.magnitude().raw(), self.cap_share.raw()).half_even_to_scale().money()?;
        Ok(by_share.max(self.minimum).min(cap))
    }

    /// What a further fill of the same order adds: what the order owes with it, less what its fills
    /// were charged before.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn further(&self, charged: Money, shares: Quantity, value: Money) -> Result<Money, Overflow> {
        self.owed(shares, value)?.checked_sub(charged).ok_or(Overflow)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decimal::Price;
    use crate::domain::wide::value_of;

    fn owed(shares: &str, value: &str) -> String {
        CommissionSchedule::default().owed(shares.parse().unwrap(), value.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn strat_16_the_commission_is_by_the_share_at_least_the_minimum_at_most_a_part_of_the_value() {
        for (shares, value, expected) in [
            ("81", "14918.58", "1.00"), // the minimum
            ("200", "5000", "1.00"),    // both the same
            ("201", "5025", "1.005"),   // by the share, not rounded to the cent
            ("1000", "10000", "5.00"),  // by the share
            ("1", "5", "0.05"),         // the cap lies below the minimum
            ("1000", "100", "1.00"),    // the cap lies below the rate by the share
            ("-201", "-5025", "1.005"), // a sale
            ("0", "0", "0.00"),         // nothing filled, nothing owed
            ("1", "0.0000005", "0.00"), // 0.5 steps: half to even
            ("1", "0.0000015", "0.00000002"),
        ] {
            assert_eq!(owed(shares, value), expected, "{shares} shares for {value}");
        }
    }

    #[test]
    fn a_commission_beyond_what_money_holds_is_refused() {
        let dear = CommissionSchedule { per_share: Money::whole(10), ..CommissionSchedule::default() };
        assert_eq!(dear.owed(Quantity::MAX, Money::MAX), Err(Overflow));
        assert_eq!(dear.further(Money::from_raw(i64::MIN), Quantity::whole(1), Money::whole(1)), Err(Overflow));
    }

    proptest! {
        /// STRAT-16: a further fill of the same order adds the difference.
        #[test]
        fn fills_of_an_order_owe_together_what_the_order_owes(
            fills in prop::collection::vec((1_i64..100_000_000_000, 1_i64..200_000_000_000), 1..12),
        ) {
            let schedule = CommissionSchedule::default();
            let (mut shares, mut value, mut charged) = (Quantity::ZERO, Money::ZERO, Money::ZERO);
            for (quantity, price) in fills {
                let quantity = Quantity::from_raw(quantity);
                shares = shares.checked_add(quantity).unwrap();
                value = value.checked_add(value_of(quantity, Price::from_raw(price)).unwrap()).unwrap();
                let added = schedule.further(charged, shares, value).unwrap();
                prop_assert!(added >= Money::ZERO, "a fill gives nothing back");
                charged = charged.checked_add(added).unwrap();
            }
            prop_assert_eq!(charged, schedule.owed(shares, value).unwrap());
        }
    }
}
