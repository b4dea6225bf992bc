use tbot::render::exports::{Format, ofx};

use super::example::written;
use super::samples::journal;

/// The month as OFX, with prices and multipliers.
fn month() -> String {
    let month = journal("books-example");
    String::from_utf8(written(&month, month.days().unwrap(), Format::Ofx)).unwrap()
}

/// The whole line that has a text.
fn line<'a>(text: &'a str, with: &str) -> &'a str {
    text.lines().find(|l| l.contains(with)).unwrap()
}

/// The codes of what is found.
fn codes(text: &str) -> Vec<&'static str> {
    ofx::check(text, &ofx::Opening::default()).faults.iter().map(|f| f.code).collect()
}

/// What is planted: in words, the text and what takes its place, and the code that it is found by.
fn faults(month: &str) -> Vec<(&'static str, String, String, &'static str)> {
    let buy = line(month, "<MEMO>Buy 180 ACME at 50.00");
    let position = line(month, "<HELDINACCT>CASH</HELDINACCT><POSTYPE>LONG</POSTYPE><UNITS>73</UNITS>");
    let listed = line(month, "<SECNAME>Bolt Industries");
    let bank = line(month, "<NAME>float_out</NAME>");
    let faults: &[(&'static str, &str, &str, &'static str)] = &[
        (
            "two transactions share an id",
            "lbs7bit5k5ssyqty4475c7zntn-1",
            "sbscp6s6na7a3rcnrhrps4mtmc-1",
            "duplicate_id",
        ),
        (
            "an id is too long",
            "-1</FITID><DTTRADE>20260601133504",
            "-0000001</FITID><DTTRADE>20260601133504",
            "long_id",
        ),
        ("a security is not in the list", listed, "", "unlisted"),
        ("a security is listed twice", listed, &[listed, listed].join("\n"), "listed_twice"),
        ("a total is a cent off", "<TOTAL>-9001.00</TOTAL>", "<TOTAL>-9001.01</TOTAL>", "wrong_total"),
        ("a price is a cent off", "<UNITPRICE>49.60</UNITPRICE>", "<UNITPRICE>49.61</UNITPRICE>", "wrong_total"),
        ("a commission is left out", "<COMMISSION>0.50</COMMISSION><TOTAL>-6012.50", "<TOTAL>-6012.50", "wrong_total"),
        ("principal moves with a future", "<TOTAL>-1.24</TOTAL>", "<TOTAL>-10601.24</TOTAL>", "wrong_total"),
        ("units of a sale are positive", "<UNITS>-200</UNITS>", "<UNITS>200</UNITS>", "wrong_sign"),
        ("a short sale is called a sale", "<SELLTYPE>SELLSHORT", "<SELLTYPE>SELL", "wrong_sign"),
        ("an expense is positive", "<TOTAL>-1.37</TOTAL>", "<TOTAL>1.37</TOTAL>", "wrong_sign"),
        ("a transaction is missing", buy, "", "position_differs"),
        ("a position is missing", position, "", "position_differs"),
        ("a position stands twice", position, &[position, position].join("\n"), "position_twice"),
        (
            "a short is positive",
            "<UNITS>-30</UNITS><UNITPRICE>81.00",
            "<UNITS>30</UNITS><UNITPRICE>81.00",
            "wrong_side",
        ),
        ("a market value is wrong", "<MKTVAL>9636.00</MKTVAL>", "<MKTVAL>963.60</MKTVAL>", "wrong_value"),
        ("cash is a cent off", "<AVAILCASH>73386.88", "<AVAILCASH>73386.89", "cash_differs"),
        ("a balance is a cent off", "<VALUE>58806.13", "<VALUE>58806.12", "balances_differ"),
        ("shorts are worth something else", "<SHORTBALANCE>-9900.00", "<SHORTBALANCE>9900.00", "short_balance_differs"),
        ("a split is 8:1", "<NUMERATOR>7</NUMERATOR>", "<NUMERATOR>8</NUMERATOR>", "wrong_split"),
        (
            "a split begins with what is not held",
            "<OLDUNITS>10.5</OLDUNITS><NEWUNITS>73.5",
            "<OLDUNITS>10</OLDUNITS><NEWUNITS>70",
            "wrong_split",
        ),
        ("a reversal is of other units", "<UNITS>-10</UNITS>", "<UNITS>-11</UNITS>", "wrong_reversal"),
        ("it settles before it is traded", "<DTSETTLE>20260615", "<DTSETTLE>20260611", "wrong_date"),
        ("it is traded after the end", "<DTTRADE>20260612140000", "<DTTRADE>20260613140000", "wrong_date"),
        ("a bank transaction stands before others", buy, &[bank, buy].join("\n"), "wrong_order"),
        ("an account has two statements", "SIM-01-EUR</ACCTID>", "SIM-01</ACCTID>", "statement_twice"),
        (
            "an account number is too long",
            "<ACCTID>SIM-01</ACCTID>",
            "<ACCTID>SIM-01-0000000000000000</ACCTID>",
            "long_id",
        ),
        ("a figure is no number", "<TRNAMT>100000.00", "<TRNAMT>100,000.00", "unreadable"),
        (
            "an element is missing",
            "<SUBACCTSEC>CASH</SUBACCTSEC><UNITS>10.5</UNITS>",
            "<SUBACCTSEC>CASH</SUBACCTSEC>",
            "unreadable",
        ),
        ("the file is cut", "</INVTRANLIST>", "", "not_ofx"),
    ];
    faults.iter().map(|(what, from, to, code)| (*what, (*from).to_owned(), (*to).to_owned(), *code)).collect()
}

#[test]
fn each_planted_fault_is_found_and_called_by_its_name() {
    let month = month();
    assert_eq!(codes(&month), Vec::<&str>::new());
    for (what, from, to, code) in faults(&month) {
        let planted = month.replacen(&from, &to, 1);
        assert_ne!(planted, month, "{what}: nothing was planted");
        let found = codes(&planted);
        assert!(found.contains(&code), "{what}: {code} is missing in {found:?}");
    }
}

#[test]
fn the_opening_counts() {
    let month = journal("books-example");
    let mut period = month.days().unwrap();
    period.from = "2026-06-08".parse().unwrap();
    let text = String::from_utf8(written(&month, period, Format::Ofx)).unwrap();
    let opening = super::samples::opening(&month, period);
    assert_eq!(ofx::check(&text, &opening).faults, []);
    // Without it cash and every position held over the week's end differ.
    let found = codes(&text);
    assert!(found.contains(&"cash_differs") && found.contains(&"position_differs"), "{found:?}");
    let mut other = opening;
    *other.cash.get_mut("USD").unwrap() += 1;
    assert_eq!(ofx::check(&text, &other).faults.len(), 1);
}
