//! The running sums of postings, by account, currency, commodity and strategy.

use std::cmp::Ordering;

use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::StrategyName;
use crate::domain::journal::AccountCode;
use crate::domain::symbol::{Currency, Symbol};

/// What a balance is kept by: the line of a closing balance (BOOKS.md section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceKey {
    /// The account.
    pub account: AccountCode,
    /// The currency of the amount.
    pub currency: Currency,
    /// What the units are of, where there are some.
    pub commodity: Option<Symbol>,
    /// Whose postings, where they say so.
    pub strategy: Option<StrategyName>,
}

impl BalanceKey {
    /// The fields, in their order, as numbers of the same order: each posting is searched for among hundreds.
    fn words(&self) -> [u64; 5] {
        let [a, b, c] = self.currency.bytes();
        let [high, low] = self.account.code().to_be_bytes();
        let [first, second, third] = self.commodity.map_or([0; 3], |symbol| symbol.words());
        let strategy = self.strategy.map_or(0, StrategyName::rank);
        [u64::from_be_bytes([0, 0, 0, high, low, a, b, c]), first, second, third, strategy]
    }
}

impl PartialOrd for BalanceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BalanceKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.words().cmp(&other.words())
    }
}

/// The sum of some postings. Debits are positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Σ amount.
    pub amount: Money,
    /// Σ units.
    pub units: Quantity,
}

/// A key as numbers of the same order.
type Words = [u64; 5];

/// All balances in the order of their keys. Each posting looks one up and a new one is rare, so they stand in a sorted
/// list, the keys as numbers beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Balances {
    words: Vec<Words>,
    lines: Vec<(BalanceKey, Balance)>,
    /// Where keys stood when they were last looked up, by some of their bits: the lines of a trade's fills are asked for
    /// again and again. A place is looked at before it is believed.
    hints: Vec<usize>,
}

/// How many hints are kept.
const HINTS: usize = 256;

/// Which hint is that of a key: eight well-mixed bits.
fn hint_of(words: &Words) -> usize {
    let mixed = words.iter().fold(0_u64, |sum, word| (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
    usize::try_from(mixed >> 56).unwrap_or(0)
}

impl PartialEq for Balances {
    /// The sums alone; how they are found is no part of them.
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines
    }
}

impl Eq for Balances {}

impl Balances {
    /// The balance of a key, which begins at nothing. It is always there.
    pub(super) fn of(&mut self, key: BalanceKey) -> Option<&mut Balance> {
        let words = key.words();
        let slot = hint_of(&words);
        let hinted = self.hints.get(slot).copied().filter(|at| self.words.get(*at) == Some(&words));
        let at = hinted.unwrap_or_else(|| self.find(key, words, slot));
        self.lines.get_mut(at).map(|(_, balance)| balance)
    }

    /// Where a key stands; a new one is put in its place. The hint is renewed.
    #[cold]
    fn find(&mut self, key: BalanceKey, words: Words, slot: usize) -> usize {
        let at = match self.words.binary_search(&words) {
            Ok(at) => at,
            Err(at) => {
                self.words.insert(at, words);
                self.lines.insert(at, (key, Balance::default()));
                at
            }
        };
        self.hints.resize(HINTS, 0);
        if let Some(hint) = self.hints.get_mut(slot) {
            *hint = at;
        }
        at
    }

    /// Each balance with its key, in the order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&BalanceKey, &Balance)> {
        self.lines.iter().map(|(key, balance)| (key, balance))
    }

    /// The same, from a key on.
    pub(super) fn from(&self, first: &BalanceKey) -> impl Iterator<Item = (&BalanceKey, &Balance)> {
        let words = first.words();
        let at = self.words.partition_point(|w| *w < words);
        self.lines.get(at..).unwrap_or_default().iter().map(|(key, balance)| (key, balance))
    }
}
