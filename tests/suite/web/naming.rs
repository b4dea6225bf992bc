//! LEDG-5 in the browser: the lots that a sale of an open day has closed can be named by an accountant.

use desk::domain::bot::Role;

use super::server::Person;
use super::statements::served;
use crate::places::Place;
use crate::store::sample as books;

/// LEDG-5, decision 0024: the entry of a sale in an open day leads to the form; it shows the lots that were open before it, what of
/// them is free, and what it closed. Of a closed day, and for whoever enters nothing, there is no such link.
#[test]
fn ledg_5_an_entry_of_an_open_day_leads_to_the_lots_that_can_be_named() {
    const LINK: &str = "/ledger/enter?kind=lots&amp;entry=5&amp;day=2026-06-01";
    let month = books::worked_month();
    for (entries, open) in [(&month[..8], true), (&month[..9], false)] {
        let place = Place::sqlite();
        let (server, _runtime) = served(&place, "127.0.0.1:0", entries, &[]);
        let (rita, otto) = (server.person("rita", &[Role::Reviewer]), server.person("otto", &[Role::Auditor]));
        let ask = |person: &Person, path: &str| {
            let answer = server.get(path, Some(person));
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.body
        };
        assert_eq!(ask(&rita, "/ledger/entries/5").contains(LINK), open, "{}", entries.len());
        assert!(!ask(&otto, "/ledger/entries/5").contains(LINK), "an auditor enters nothing");
        assert!(!ask(&rita, "/ledger/entries/3").contains("kind=lots"), "a purchase that opens closes nothing");
        let form = ask(&rita, "/ledger/enter?kind=lots&entry=5&day=2026-06-01");
        assert!(form.contains("value=\"ACME-x1 180, ACME-x2 20\""), "{form}");
        let rows: Vec<&str> = form.split("<tr><th scope=\"row\" class=\"lot\">").skip(1).collect();
        assert_eq!(rows.len(), 2, "{form}");
        // Entry 6 has taken the last 100 of the second lot since: 20 of it are left to be named.
        for (row, said) in rows.iter().zip([["ACME-x1", "180</td>"], ["ACME-x2", "20</td>"]]) {
            assert!(said.iter().all(|said| row.contains(said)), "{row}");
        }
        assert!(!ask(&rita, "/ledger/enter?kind=lots&entry=3&day=2026-06-01").contains("Can be named"));
    }
}
