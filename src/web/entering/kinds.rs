//! What a person can enter, and what each of it is told: one table for the form, the API and their descriptions.

/// A kind of fact that a person enters (BOOKS.md section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Its name in addresses.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    /// What it is for.
    pub(crate) says: &'static str,
    /// What it is told besides day and reason.
    pub(crate) fields: &'static [&'static str],
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its label.
    pub(crate) label: &'static str,
    /// What belongs into it.
    pub(crate) hint: &'static str,
    /// What can be chosen; empty where it is typed.
    pub(crate) choices: &'static [&'static str],
    /// Whether it is a number.
    pub(crate) number: bool,
}

const fn kind(name: &'static str, title: &'static str, says: &'static str, fields: &'static [&'static str]) -> Kind {
    Kind { name, title, says, fields }
}

const CASH: &[&str] = &["amount", "currency", "reference", "when"];

/// All of them.
pub(crate) const KINDS: &[Kind] = &[
    kind(
        "adjustment",
        "Adjustment",
        "A correction between two of the accounts 1900, 2310, 4900, 5910 and 5990, or those added to the chart. Anything else is reversed and entered anew.",
        &["description", "debit", "debit_item", "credit", "credit_item", "amount", "currency", "reference", "when"],
    ),
    kind(
        "reversal",
        "Reversal",
        "Undoes an entry that was a mistake, posting by posting. Both stay in the journal. Fills, settlements, roundings, splits \
         and closes are not undone here: they follow from others.",
        &["entry"],
    ),
    kind(
        "lots",
        "Lots of a sale",
        "Which lots a sale, or a purchase that covers a short, has closed, lot by lot; what is not named closes oldest first. Its entry \
         is reversed and booked anew with them, once, and before its day is closed.",
        &["entry", "lots"],
    ),
    kind(
        "float_in",
        "Float in",
        "Cash from accounting that has arrived at the broker. It raises 1010, so the day reconciles when the broker says the same.",
        CASH,
    ),
    kind("float_out", "Float out", "Cash that has left the broker for accounting. It lowers 1010.", CASH),
    kind(
        "dividend",
        "Dividend",
        "A dividend paid, or charged for shares that were short. It clears what was accrued at the ex-date.",
        &["instrument", "ex_date", "amount", "withheld", "currency", "reference", "when"],
    ),
    kind("interest", "Interest", "Interest earned, or with a minus paid on margin.", CASH),
    kind(
        "fee",
        "Fee",
        "A fee that no fill accrued: negative where it was charged, positive where it was given back.",
        &["account", "description", "amount", "currency", "reference", "when"],
    ),
    kind(
        "borrow",
        "Borrow cost",
        "What shares cost that were borrowed for a short position: negative where it was charged.",
        &["instrument", "amount", "currency", "reference", "when"],
    ),
    kind(
        "transfer",
        "Transfer",
        "Cash that was moved between the broker's wallets: positive to the derivatives wallet, negative back.",
        CASH,
    ),
    kind(
        "conversion",
        "Currency conversion",
        "One currency for another, with the two amounts and the rate as the broker states them.",
        &["bought", "bought_currency", "sold", "sold_currency", "rate", "rate_source", "reference", "when"],
    ),
    kind(
        "unknown_activity",
        "Unknown activity",
        "Cash that moved and nobody knows why yet. It stands in suspense, 1900, until an adjustment clears it.",
        CASH,
    ),
    kind(
        "adoption",
        "Adoption of a lot",
        "A strategy takes over a lot, from nobody's or from another strategy. Units and cost stay as they are.",
        &["lot", "instrument", "from", "to", "reference", "when"],
    ),
    kind(
        "found",
        "Position found",
        "A position at the broker without a fill that is known: taken in at the broker's average price, against suspense.",
        &["instrument", "quantity", "price", "currency", "to", "reference", "when"],
    ),
    kind(
        "year_close",
        "Year close",
        "Income and expenses of the fiscal year go to 3200, retained result. Its day is the last session of the year, still open.",
        &[],
    ),
];

const STRATEGIES: &[&str] = &["open", "mid", "close", "external"];

const fn typed(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint, choices: &[], number: false }
}

const fn number(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint, choices: &[], number: true }
}

const fn chosen(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    choices: &'static [&'static str],
) -> Field {
    Field { name, label, hint, choices, number: false }
}

/// Every field.
pub(crate) const FIELDS: &[Field] = &[
    typed("description", "What it is", "In a few words, as the statement calls it."),
    chosen("debit", "Debit", "The account that is raised.", &["1900", "2310", "4900", "5910", "5990"]),
    typed("debit_item", "Item of the debit", "Only 1900 and 2310 have items: the activity, or session and fee."),
    chosen("credit", "Credit", "The account that is lowered.", &["1900", "2310", "4900", "5910", "5990"]),
    typed("credit_item", "Item of the credit", "Only 1900 and 2310 have items: the activity, or session and fee."),
    number("entry", "Entry", "The number of the entry, as the journal has it."),
    typed("lots", "Lots", "Each lot with its units, and commas between: SPY-x1 50, SPY-x2 20."),
    typed("instrument", "Instrument", "A symbol like SPY."),
    typed("ex_date", "Ex-date", "As 2026-11-20."),
    chosen("account", "Account", "The fee's account.", &["5110", "5210", "5220", "5230", "5240", "5610", "5910"]),
    typed("lot", "Lot", "As the page Positions and lots names it."),
    chosen("from", "From", "Whose it was; external is nobody's.", STRATEGIES),
    chosen("to", "To", "Whose it is from now on.", STRATEGIES),
    number("quantity", "Units", "Negative for a short position."),
    number("price", "Price", "The broker's average price."),
    number("amount", "Amount", "At most eight places after the point."),
    number("withheld", "Tax withheld", "Zero where none was."),
    typed("currency", "Currency", "Three letters."),
    number("bought", "Amount bought", "What came in, above zero."),
    typed("bought_currency", "Currency bought", "Three letters."),
    number("sold", "Amount sold", "What left, above zero."),
    typed("sold_currency", "Currency sold", "Three letters."),
    typed("rate", "Rate", "As the broker states it."),
    typed("rate_source", "Who states the rate", "The broker, as a rule."),
    typed(
        "reference",
        "Reference",
        "The broker's activity, accounting's document, or the item of the review. It is booked once.",
    ),
    typed("when", "When it happened, UTC", "As 2026-11-20 14:30; nothing is the beginning of the day."),
    typed("day", "Books' day", "The day that it is booked into; a closed day takes nothing."),
    typed("reason", "Reason", "Why it is entered, for whoever reviews it."),
];

/// A field by its name.
pub(crate) fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|f| f.name == name)
}

/// A kind by its name.
pub(crate) fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name)
}

impl Kind {
    /// Its fields in the order of the form, day and reason last.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(&["day", "reason"]).filter_map(|name| field(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_7_each_field_of_a_kind_has_its_label_and_no_field_is_unused() {
        for kind in KINDS {
            assert_eq!(kind.asked().count(), kind.fields.len() + 2, "{}", kind.name);
        }
        for field in FIELDS {
            assert!(KINDS.iter().any(|k| k.asked().any(|f| f == field)), "{}", field.name);
        }
    }
}
