//! The closed list of entry kinds. An unknown kind or version refuses to start.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What an entry is about (BOOKS.md section 3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EntryKind {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl EntryKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// A position or cash brought in at set-up.
    Opening = "opening",
    /// Float contributed.
    FloatIn = "float_in",
    /// Float returned.
    FloatOut = "float_out",
    /// Cash moved between the broker's wallets.
    Transfer = "transfer",
    /// An execution.
    Fill = "fill",
    /// The day's rounding of an accrued fee.
    FeeRounding = "fee_rounding",
    /// The broker charged an accrued day's fee.
    FeeCharge = "fee_charge",
    /// A fee that no fill accrued.
    Fee = "fee",
    /// Unsettled cash that has settled.
    Settlement = "settlement",
    /// A dividend announced.
    DividendAccrual = "dividend_accrual",
    /// A dividend paid or charged.
    Dividend = "dividend",
    /// Interest.
    Interest = "interest",
    /// The cost of borrowing shares.
    Borrow = "borrow",
    /// Cash for a fraction of a share.
    CashInLieu = "cash_in_lieu",
    /// A split.
    Split = "split",
    /// A merger, spin-off or the like.
    Reorganisation = "reorganisation",
    /// A future's daily settlement.
    Variation = "variation",
    /// A perpetual's funding.
    Funding = "funding",
    /// One currency for another.
    Conversion = "conversion",
    /// An entry undone.
    Reversal = "reversal",
    /// An external position taken over.
    Adoption = "adoption",
    /// A person's correction.
    Adjustment = "adjustment",
    /// An activity of a type that is not known.
    UnknownActivity = "unknown_activity",
    /// A memo: a wash sale's mark.
    WashSale = "wash_sale",
    /// A memo: the session is sealed.
    DayClose = "day_close",
    /// A memo: a session is opened again.
    Unlock = "unlock",
    /// Income and expense closed to the retained result.
    YearClose = "year_close",
}

impl EntryKind {
    /// Whether it has no postings.
    #[must_use]
    pub const fn is_memo(self) -> bool {
        matches!(self, Self::WashSale | Self::DayClose | Self::Unlock)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
