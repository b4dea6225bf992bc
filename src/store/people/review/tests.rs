//! LEDG-7 as tables, and as properties over many random threads.

use std::collections::BTreeSet;

use desk::domain::time::Timestamp;

use super::*;

fn at(n: u64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + i64::try_from(n).unwrap() * 60)
}

fn wanted(kind: ActKind, about: Option<u64>) -> Wanted {
    Wanted { about, text: "why".to_owned(), ..Wanted::plain(kind) }
}

/// A thread from a short notation: `ann query`, `bob answer 1`.
fn thread(subject: Subject, lines: &[&str]) -> Standing {
    let acts = lines.iter().zip(1..).map(|(line, n)| {
        let mut words = line.split(' ');
        let who = words.next().unwrap().to_owned();
        let kind = ActKind::named(words.next().unwrap()).unwrap();
        let rest = words.next();
        let mut wanted = wanted(kind, rest.and_then(|w| w.parse().ok()));
        if kind == ActKind::Assign {
            wanted.to = rest.unwrap_or_default().to_owned();
        }
        Act { n, at: at(n), who, wanted }
    });
    Standing { subject, acts: acts.collect() }
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

fn around() -> Around {
    Around { reviewers: names(&["ann", "bob", "cyd"]), ..Around::default() }
}

const ENTRY: Subject = Subject::Entry(12);
fn day() -> Subject {
    "day:2026-11-20".parse().unwrap()
}

#[test]
fn ledg_7_the_state_follows_from_the_acts() {
    use Review::{Approved, Queried, Unreviewed};
    let table: &[(&[&str], Review)] = &[
        (&[], Unreviewed),
        (&["ann comment"], Unreviewed),
        (&["ann query"], Queried),
        (&["ann query", "bob comment"], Queried),
        (&["ann query", "bob answer 1"], Unreviewed),
        (&["ann query", "ann resolve 1"], Unreviewed),
        (&["ann query", "bob query", "bob answer 1"], Queried),
        (&["ann approve"], Approved),
        (&["ann approve", "bob comment", "bob assign ann"], Approved),
        (&["ann approve", "bob query"], Queried),
        // An answer does not bring the approval back: what was asked may have changed it.
        (&["ann approve", "bob query", "ann answer 2"], Unreviewed),
        (&["ann approve", "bob query", "ann answer 2", "bob approve"], Approved),
        (&["ann approve", "bob withdraw"], Unreviewed),
        (&["(import) raise"], Queried),
        (&["(import) raise", "ann answer 1", "bob approve"], Approved),
    ];
    for (lines, expected) in table {
        let standing = thread(ENTRY, lines);
        assert_eq!(standing.review(&around()), *expected, "{lines:?}");
        let sealed = Around { sealed: true, ..around() };
        assert_eq!(standing.state(&sealed), State::Locked(*expected), "a closed day is locked, and its review goes on");
        assert_eq!(
            (standing.state(&sealed).as_str(), standing.state(&around()).as_str()),
            ("locked", expected.as_str())
        );
    }
}

/// A thread; who wants what about which question; the code of the refusal, empty where it is done.
type Case<'a> = (&'a [&'a str], &'a str, ActKind, Option<u64>, &'a str);

#[test]
fn ledg_7_what_is_refused_and_why() {
    use ActKind::{Answer, Approve, Assign, Comment, Query, Raise, Resolve, Withdraw};
    let table: &[Case<'_>] = &[
        (&[], "ann", Approve, None, ""),
        (&[], "zoe", Approve, None, "own_entry"),
        (&["zoe raise"], "zoe", Approve, None, "own_entry"),
        (&["ann query"], "bob", Approve, None, "open_queries"),
        (&["ann approve"], "bob", Approve, None, "approved"),
        (&["ann approve", "bob withdraw"], "bob", Approve, None, ""),
        (&[], "ann", Withdraw, None, "not_approved"),
        (&["ann approve", "bob query"], "bob", Withdraw, None, "not_approved"),
        (&["ann approve"], "bob", Withdraw, None, ""),
        (&["ann query"], "bob", Answer, Some(1), ""),
        (&["ann query"], "ann", Answer, Some(1), "own_query"),
        (&["ann query"], "ann", Resolve, Some(1), ""),
        (&["ann query"], "bob", Resolve, Some(1), "not_own_query"),
        (&["ann query"], "bob", Answer, None, "no_query"),
        (&["ann query"], "bob", Answer, Some(2), "no_query"),
        (&["ann query", "bob answer 1"], "cyd", Answer, Some(1), "no_query"),
        (&["ann comment"], "bob", Answer, Some(1), "no_query"),
        (&[], "ann", Raise, None, "not_here"),
        (&[], "ann", Assign, None, "same_reviewer"),
        (&[], "ann", Comment, None, ""),
        (&[], "ann", Query, None, ""),
    ];
    for (lines, who, kind, about, code) in table {
        let standing = thread(ENTRY, lines);
        let around = Around { authors: names(&["zoe"]), ..around() };
        let said = decide(&standing, standing.version(), who, &wanted(*kind, *about), &around);
        assert_eq!(said.err().map_or("", |r| r.code()), *code, "{who} {kind:?} on {lines:?}");
    }
}

#[test]
fn ledg_7_words_are_needed_where_somebody_has_to_understand() {
    use ActKind::{Answer, Approve, Comment, Query, Resolve, Withdraw};
    for (lines, kind, code) in [
        (&[][..], Comment, "no_text"),
        (&[], Query, "no_text"),
        (&["ann query"], Answer, "no_text"),
        (&["bob query"], Resolve, ""),
        (&["ann approve"], Withdraw, "no_text"),
        (&[], Approve, ""),
    ] {
        let standing = thread(ENTRY, lines);
        let silent = Wanted { text: " \n".to_owned(), ..wanted(kind, Some(1)) };
        let said = decide(&standing, standing.version(), "bob", &silent, &around());
        assert_eq!(said.err().map_or("", |r| r.code()), code, "{kind:?}");
    }
    let text = "x".repeat(2_001);
    let long = Wanted { text, ..Wanted::plain(Comment) };
    let said = decide(&Standing::untouched(ENTRY), 0, "ann", &long, &around()).unwrap_err();
    assert_eq!(said, Refused::TooLong { found: 2_001, allowed: 2_000 });
}

#[test]
fn ledg_7_an_act_on_an_old_page_is_refused_and_says_who_did_what_when() {
    let standing = thread(ENTRY, &["ann comment", "bob query"]);
    let said = decide(&standing, 1, "ann", &wanted(ActKind::Comment, None), &around()).unwrap_err();
    let text = said.to_string();
    assert!(text.contains("bob queried it at 22:15 UTC"), "{text}");
    // One's own acts in another window are no conflict; a form from the future is one.
    assert!(decide(&standing, 1, "bob", &wanted(ActKind::Comment, None), &around()).is_ok());
    let ahead = decide(&standing, 3, "ann", &wanted(ActKind::Comment, None), &around()).unwrap_err();
    assert_eq!(ahead, Refused::Ahead { named: 3, found: 2 });
}

#[test]
fn ledg_7_a_day_is_approved_as_it_stands() {
    let approve = wanted(ActKind::Approve, None);
    let whole = Around { last: 40, ..around() };
    let queried = Around { queried: vec![ENTRY], ..whole.clone() };
    let said = decide(&Standing::untouched(day()), 0, "ann", &approve, &queried).unwrap_err();
    assert!(said.to_string().contains("entry:12"), "{said}");
    let done = decide(&Standing::untouched(day()), 0, "ann", &approve, &whole).unwrap();
    assert_eq!(done.about, Some(40));
    let standing =
        Standing { subject: day(), acts: vec![Act { n: 1, at: at(1), who: "ann".to_owned(), wanted: done }] };
    for (around, expected) in [
        (whole.clone(), Review::Approved),
        (Around { last: 41, ..whole.clone() }, Review::Unreviewed),
        (queried, Review::Queried),
        (Around { reopened: Some(at(0)), ..whole.clone() }, Review::Approved),
        (Around { reopened: Some(at(2)), ..whole }, Review::Unreviewed),
    ] {
        assert_eq!(standing.review(&around), expected, "{around:?}");
    }
}

#[test]
fn ledg_7_an_approved_day_covers_its_entries_until_one_is_called_into_question() {
    let covered = Around { covered: Some(at(5)), ..around() };
    assert_eq!(Standing::untouched(ENTRY).review(&covered), Review::Approved);
    assert_eq!(thread(ENTRY, &["ann query", "bob answer 1"]).review(&covered), Review::Approved, "asked before");
    let later: &[&str] = &["ann comment", "ann comment", "ann comment", "ann comment", "ann comment", "bob query"];
    assert_eq!(thread(ENTRY, later).review(&covered), Review::Queried);
    let settled: Vec<&str> = later.iter().copied().chain(["ann answer 6"]).collect();
    assert_eq!(thread(ENTRY, &settled).review(&covered), Review::Unreviewed);
}

#[test]
fn ledg_7_what_waits_for_whom() {
    let by_zoe = Around { authors: names(&["zoe"]), ..around() };
    for (lines, name, waits) in [
        (&[][..], "ann", true),
        (&[], "zoe", false),
        (&["ann query"], "ann", false),
        (&["ann query"], "bob", true),
        (&["ann query", "ann assign cyd"], "bob", false),
        (&["ann query", "ann assign cyd"], "cyd", true),
        (&["ann assign cyd", "bob assign"], "ann", true),
        (&["ann approve"], "bob", false),
    ] {
        assert_eq!(thread(ENTRY, lines).waits_for(name, &by_zoe), waits, "{name} on {lines:?}");
    }
    // What is asked about an entry waits there, not at its day.
    let queried = Around { queried: vec![ENTRY], ..around() };
    assert!(!Standing::untouched(day()).waits_for("ann", &queried));
}

#[test]
fn ledg_7_over_many_random_threads_nothing_is_approved_that_should_not_be() {
    let people = ["ann", "bob", "zoe"];
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut taken, mut refused, mut approvals) = (0_u32, 0_u32, 0_u32);
    for _ in 0..400 {
        let around = Around { authors: names(&["zoe"]), ..around() };
        let mut standing = Standing::untouched(ENTRY);
        for _ in 0..30 {
            let who = people[usize::try_from(next(3)).unwrap()];
            let kind = ActKind::ALL[usize::try_from(next(8)).unwrap()];
            let mut asked = wanted(kind, Some(1 + next(standing.version() + 1)));
            asked.to = people[usize::try_from(next(3)).unwrap()].to_owned();
            let seen = standing.version().saturating_sub(next(3));
            let before = standing.clone();
            match decide(&standing, seen, who, &asked, &around) {
                Err(_) => refused += 1,
                Ok(done) => {
                    let others = before.acts.iter().filter(|a| a.n > seen && a.who != who).count();
                    assert_eq!(others, 0, "nobody acts over what somebody else did meanwhile");
                    if kind == ActKind::Approve {
                        assert_ne!(who, "zoe", "four eyes");
                        assert_eq!(before.review(&around), Review::Unreviewed);
                        approvals += 1;
                    }
                    let n = standing.version() + 1;
                    standing.acts.push(Act { n, at: at(n), who: who.to_owned(), wanted: done });
                    assert_eq!(&standing.acts[..before.acts.len()], &before.acts[..], "what was said stays");
                    taken += 1;
                }
            }
            let approved = standing.review(&around) == Review::Approved;
            assert!(!approved || standing.queries().is_empty());
            assert!(!approved || standing.approval().is_some_and(|a| a.who != "zoe"));
        }
    }
    assert!(
        taken > 2_000 && refused > 2_000 && approvals > 100,
        "{taken} taken, {refused} refused, {approvals} approvals"
    );
}
