//! The chart of accounts, changed by persons in the running tree, with books on a disk (LEDG-2).

use desk::domain::bot::Command;
use desk::domain::chain::Hash;
use desk::domain::chart::NormalSide;
use desk::domain::ids::{CalendarName, Identity, SessionId};
use desk::domain::journal::AccountCode;
use desk::domain::symbol::Currency;
use desk::machines::ledger::{Adjustment, BookFact, ChartEdit, Decision};
use desk::world::entering::Author;

use super::{Bot, Scene, run};
use crate::messages::bookkeeping::{Asked, ChartAnswer, ChartAsked, ChartTold, How, NotBooked, Told};
use crate::store::{self, Address, Check, Reader};

const DAY: &str = "2024-05-28";

fn code(number: u16) -> AccountCode {
    AccountCode::new(number).unwrap()
}

fn add(number: u16, name: &str) -> ChartEdit {
    ChartEdit::Add { code: code(number), name: name.to_owned(), side: NormalSide::Debit }
}

async fn ask(bot: &Bot, by: &str, edit: &ChartEdit, how: How) -> ChartAnswer {
    let author = Author { by: by.to_owned(), reason: "the vendor sends a bill".to_owned() };
    bot.tree.bookkeeping().ask_chart(ChartAsked { author, edit: edit.clone(), how }).await
}

async fn shown(bot: &Bot, by: &str, edit: &ChartEdit) -> Hash {
    match ask(bot, by, edit, How::Show).await.unwrap() {
        ChartTold::Shown(_, hash) => hash,
        ChartTold::Changed(change) => panic!("{change:?}"),
    }
}

async fn change(bot: &Bot, by: &str, edit: &ChartEdit) -> u16 {
    let hash = shown(bot, by, edit).await;
    match ask(bot, by, edit, How::AsShown(hash)).await.unwrap() {
        ChartTold::Changed(change) => change.version,
        ChartTold::Shown(change, _) => panic!("{change:?}"),
    }
}

async fn adjust(bot: &Bot, item: &str, debit: u16, credit: u16) -> Result<Told, NotBooked> {
    let session = SessionId { date: DAY.parse().unwrap(), calendar: CalendarName::Xnys };
    let (by, reason) = ("ann".to_owned(), "the bill".to_owned());
    let at = format!("{DAY}T13:30:00Z").parse().unwrap();
    let fact = BookFact::Adjustment(Adjustment {
        decision: Decision { item: item.to_owned(), by: by.clone(), reason: reason.clone(), session, at },
        description: "Market data".to_owned(),
        debit: (code(debit), None),
        credit: (code(credit), None),
        amount: "12.50".parse().unwrap(),
        currency: Currency::USD,
    });
    bot.tree
        .bookkeeping()
        .ask(Asked { author: Author { by, reason }, day: Some(session), fact, how: How::AtOnce })
        .await
}

/// Two persons change it, of two at once the second is told; entries are posted to what was added; the day's close names the
/// version in force; both verifiers find the books right, and whoever reads them again finds the chart.
#[test]
fn ledg_2_the_chart_is_changed_in_the_running_bot_and_the_close_names_its_version() {
    run(async {
        let bot = Bot::new("chart", &Scene::new(7, &[DAY]), Some(std::time::Duration::from_millis(5))).await;
        // Before the first session: nothing is booked yet, and the chart can be changed.
        assert_eq!(change(&bot, "ann", &add(5650, "Data")).await, 2);
        let (first, second) =
            (add(1700, "Deposits"), ChartEdit::Rename { code: code(5650), name: "Market data".into() });
        let (by_ann, by_bob) = (shown(&bot, "ann", &first).await, shown(&bot, "bob", &second).await);
        ask(&bot, "ann", &first, How::AsShown(by_ann)).await.unwrap();
        let told = ask(&bot, "bob", &second, How::AsShown(by_bob)).await.unwrap_err();
        assert_eq!(told, NotBooked::ChartChanged);
        assert!(told.to_string().contains("Somebody else has changed the chart"), "{told}");
        assert_eq!(change(&bot, "bob", &second).await, 4);
        let refused = ask(&bot, "bob", &ChartEdit::Close(code(5110)), How::Show).await.unwrap_err();
        assert_eq!(refused.code(), "account_in_use");

        bot.tell(Command::Start).await.unwrap();
        bot.until("open", |b| b.session.is_some()).await;
        // Booked and taken back; the account is closed and opened in the same breath, each after what was before it.
        adjust(&bot, "A-1", 5650, 4900).await.unwrap();
        adjust(&bot, "A-2", 4900, 5650).await.unwrap();
        assert_eq!(change(&bot, "ann", &ChartEdit::Close(code(5650))).await, 5);
        assert_eq!(adjust(&bot, "A-3", 5650, 4900).await.unwrap_err().code(), "account_closed");
        assert_eq!(change(&bot, "ann", &ChartEdit::Open(code(5650))).await, 6);
        adjust(&bot, "A-3", 5650, 4900).await.unwrap();
        bot.until("the feed's end", |b| b.alerts.iter().any(|alert| alert.code == "feed_ended")).await;
        bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed) && b.open_days.is_empty()).await;

        let file = bot.folder.join("ledger.db");
        let address = Address::Sqlite(file.clone());
        let report = store::verify(&address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.books[0].closings, 1);
        tbot_verify::verify(&file.display().to_string()).await.unwrap();
        let reader = Reader::open(&address).await.unwrap();
        let identity: Identity = report.books[0].book.identity.clone();
        let book = reader.book(&identity).await.unwrap();
        let changes = reader.chart_changes(&book).await.unwrap();
        let versions: Vec<u16> = changes.iter().map(|c| c.change.version).collect();
        assert_eq!(versions, [2, 3, 4, 5, 6]);
        assert_eq!((changes[0].change.by.as_str(), changes[0].change.after), ("ann", 0));
        let record = bot.written().await.1.len();
        assert!(record > 5, "{record}");
        let accounts = reader.accounts(&book).await.unwrap();
        let data = accounts.iter().find(|a| a.code == code(5650)).unwrap();
        assert_eq!((data.name.as_str(), data.open, data.version), ("Market data", true, 6));
        reader.close().await;
    });
}
