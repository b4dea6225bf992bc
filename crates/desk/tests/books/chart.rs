//! The chart of accounts, changed by persons (LEDG-2, BOOKS.md section 2).

use desk::domain::chart::{AccountType, Carries, ChartChange, DEFAULT, NormalSide};
use desk::domain::ids::ItemId;
use desk::domain::journal::{AccountCode, Draft};
use desk::domain::symbol::Currency;
use desk::machines::ledger::{
    Adjustment, BookFact, Books, CashActivity, ChartEdit, ChartRefusal, Decision, LateFee, Mistake, YearClose,
};

use crate::support::{Desk, amounts, at, float, identity, money, session};

fn code(number: u16) -> AccountCode {
    AccountCode::new(number).unwrap()
}

fn add(number: u16, name: &str) -> ChartEdit {
    ChartEdit::Add { code: code(number), name: name.to_owned(), side: NormalSide::Debit }
}

fn rename(number: u16, name: &str) -> ChartEdit {
    ChartEdit::Rename { code: code(number), name: name.to_owned() }
}

fn try_to(books: &Books, edit: &ChartEdit) -> Result<ChartChange, ChartRefusal> {
    books.chart_change(edit, "ann", "as the auditors ask")
}

fn change(books: &mut Books, edit: &ChartEdit) -> ChartChange {
    let change = try_to(books, edit).unwrap();
    books.apply_chart(&change);
    change
}

fn adjustment(item: &str, debit: u16, credit: u16, amount: &str) -> BookFact {
    let side = |of: u16| (code(of), (of == 1900).then(|| "A-1".parse::<ItemId>().unwrap()));
    BookFact::Adjustment(Adjustment {
        decision: Decision {
            item: item.to_owned(),
            by: "ann".to_owned(),
            reason: "the vendor's bill".to_owned(),
            session: session(1),
            at: at(1),
        },
        description: "Data subscription".to_owned(),
        debit: side(debit),
        credit: side(credit),
        amount: money(amount),
        currency: Currency::USD,
    })
}

#[test]
fn ledg_2_each_change_is_the_next_version_with_who_and_why_and_after_which_entry() {
    let mut desk = Desk::new();
    assert_eq!(desk.books.chart().version(), 1);
    let first = change(&mut desk.books, &add(5650, "  Data subscriptions "));
    assert_eq!((first.version, first.after), (2, 0));
    assert_eq!((first.by.as_str(), first.reason.as_str()), ("ann", "as the auditors ask"));
    let row = &first.account;
    assert_eq!(
        (row.name.as_str(), row.kind, row.side),
        ("Data subscriptions", AccountType::Expense, NormalSide::Debit)
    );
    assert_eq!((row.holds, row.items, row.open), (Carries::Currency, false, true));
    desk.book(1, &float(1, "1000.00")).unwrap();
    let second = change(&mut desk.books, &rename(5650, "Market data"));
    assert_eq!((second.version, second.after), (3, 1));
    assert_eq!(second.account.side, NormalSide::Debit);
    // An account of the default chart gets another name and keeps its meaning.
    let third = change(&mut desk.books, &rename(5110, "Brokerage"));
    assert_eq!((third.version, third.account.kind), (4, AccountType::Expense));
    assert_eq!(desk.books.chart().rows().len(), DEFAULT.len() + 1);
    for (edit, open) in [(ChartEdit::Close(code(5650)), false), (ChartEdit::Open(code(5650)), true)] {
        assert_eq!(change(&mut desk.books, &edit).account.open, open);
    }
    assert_eq!(desk.books.chart().version(), 6);
}

#[test]
fn ledg_2_what_the_chart_does_not_allow_is_refused_with_its_reason() {
    let mut desk = Desk::new();
    change(&mut desk.books, &add(5650, "Market data"));
    change(&mut desk.books, &add(1700, "Deposits"));
    change(&mut desk.books, &ChartEdit::Close(code(1700)));
    let long = "x".repeat(61);
    for (edit, code_of, says) in [
        (add(5110, "Research"), "code_taken", "5110 is Commissions already; a code is never used again"),
        (add(1700, "Pledges"), "code_taken", "1700 is Deposits already; a code is never used again"),
        (add(6100, "Odd"), "code_outside", "6100 cannot be added"),
        (add(9500, "Units"), "code_outside", "9500 cannot be added"),
        (add(5660, "  "), "name_length", "the name has 0 characters; 1 to 60 are needed"),
        (add(5660, &long), "name_length", "the name has 61 characters"),
        (add(5660, "a\nb"), "name_unfit", "the name has to stand on one line"),
        (add(5660, "market DATA"), "name_taken", "account 5650 has the name Market data already"),
        (rename(5650, "Commissions"), "name_taken", "account 5110 has the name Commissions already"),
        (rename(5650, " Market data "), "nothing_changes", "account 5650 is so already"),
        (rename(5651, "Odd"), "no_such_account", "there is no account 5651 in the chart"),
        (ChartEdit::Close(code(1700)), "nothing_changes", "account 1700 is so already"),
        (ChartEdit::Open(code(5650)), "nothing_changes", "account 5650 is so already"),
    ] {
        let refusal = try_to(&desk.books, &edit).unwrap_err();
        assert_eq!(refusal.code(), code_of, "{edit:?}");
        assert!(refusal.to_string().starts_with(says), "{refusal}");
    }
    for account in DEFAULT {
        let refusal = try_to(&desk.books, &ChartEdit::Close(account.code)).unwrap_err();
        assert_eq!(refusal, ChartRefusal::InUse(account.code));
    }
    for (by, reason) in [("", "because"), ("ann", " ")] {
        let edit = rename(5650, "Other");
        assert_eq!(desk.books.chart_change(&edit, by, reason), Err(ChartRefusal::NoReason));
    }
    assert_eq!(desk.books.chart().version(), 4, "a refusal changes nothing");
}

#[test]
fn ledg_2_an_account_with_a_balance_is_not_closed_and_a_closed_one_takes_no_postings() {
    let mut desk = Desk::new();
    change(&mut desk.books, &add(5650, "Market data"));
    let booked = desk.book(1, &adjustment("A-1", 5650, 1900, "30.00")).unwrap();
    assert_eq!(amounts(&booked[0], code(5650)), ["30.00"]);
    let refusal = try_to(&desk.books, &ChartEdit::Close(code(5650))).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "account 5650 has a balance of 30.00 USD; only an account whose balance is zero is closed"
    );
    desk.book(1, &adjustment("A-2", 1900, 5650, "30.00")).unwrap();
    change(&mut desk.books, &ChartEdit::Close(code(5650)));
    let refused = |desk: &Desk, fact: &BookFact| desk.books.decide(at(1), fact).unwrap_err();
    let refusal = refused(&desk, &adjustment("A-3", 5650, 1900, "1.00"));
    assert_eq!(refusal.code(), "account_closed");
    // Nor does a reversal of what was booked while it was open.
    let entry = desk.stored[0].entry.clone();
    let (by, reason) = ("ann".to_owned(), "wrong".to_owned());
    let mistake = BookFact::Mistake(Box::new(Mistake { entry, by, reason, session: session(1) }));
    assert_eq!(refused(&desk, &mistake).code(), "account_closed");
    change(&mut desk.books, &ChartEdit::Open(code(5650)));
    assert!(desk.book(1, &mistake).is_ok());
}

#[test]
fn ledg_2_persons_post_to_added_accounts_and_the_year_takes_them_along() {
    let mut desk = Desk::new();
    let fee = |account: u16, id: &str| {
        let cash = CashActivity {
            activity: id.to_owned(),
            amount: money("-12.50"),
            currency: Currency::USD,
            session: session(1),
            effective_at: at(1),
        };
        BookFact::LateFee(LateFee { cash, account: code(account), name: "Data".to_owned(), of: None })
    };
    let refusal = desk.books.decide(at(1), &fee(5650, "F-1")).unwrap_err();
    assert_eq!(refusal.code(), "wrong_account", "before it is in the chart");
    change(&mut desk.books, &add(5650, "Market data"));
    change(&mut desk.books, &add(1700, "Deposits"));
    assert_eq!(amounts(&desk.book(1, &fee(5650, "F-1")).unwrap()[0], code(5650)), ["12.50"]);
    assert_eq!(desk.books.decide(at(1), &fee(1700, "F-2")).unwrap_err().code(), "wrong_account", "no expense");
    desk.book(1, &adjustment("A-1", 1700, 4900, "2.00")).unwrap();
    let year = YearClose { session: session(1), by: "ann".to_owned() };
    let closed: Vec<Draft> = desk.book(1, &BookFact::YearClose(year)).unwrap();
    assert_eq!(amounts(&closed[0], code(5650)), ["-12.50"]);
    assert_eq!(amounts(&closed[0], AccountCode::RETAINED_RESULT), ["10.50"]);
    assert!(change(&mut desk.books, &ChartEdit::Close(code(5650))).account.name == "Market data");
}

#[test]
fn ledg_4a_a_closing_record_names_the_version_in_force() {
    let mut desk = Desk::new();
    desk.book(1, &float(1, "1000.00")).unwrap();
    change(&mut desk.books, &add(5650, "Market data"));
    let close = desk.agreed(1, &[]);
    let record = desk.books.close(at(1), &close).unwrap().record;
    assert_eq!(record.chart, 2);
    assert_eq!(Books::new(identity()).chart().version(), 1);
}
