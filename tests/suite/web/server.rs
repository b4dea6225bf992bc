//! A running server with people in it, on a loopback port, with a clock that the test turns.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use desk::domain::bot::{Role, Roles, permit};
use desk::domain::chain::Hash;
use desk::domain::float::{FloatAssigned, FloatRefusal};
use desk::domain::ids::Identity;
use desk::domain::symbol::Currency;
use desk::domain::time::{Span, Timestamp};
use desk::machines::ledger::Books;
use sqlx::{Connection as _, Executor as _};
use tbot::messages::board::Board;
use tbot::messages::bookkeeping::{
    Asked, Bookkeeping, ChartTold, FloatAnswer, FloatAsked, FloatTold, How, NotBooked, Question, Reply, Told as Booked,
};
use tbot::messages::counter::counter;
use tbot::messages::supervisor::{Answer as Told, Door, Order, Outcome, Refused};
use tbot::settings::{Current, Runtime};
use tbot::store::people::{NewPerson, NewSession, PasswordHash, People, PersonId, Purpose, Seal, Unsealed};
use tbot::store::{Address, Reader};
use tbot::web::{Manners, SettingLine, Site, serve};
use tokio::sync::watch;

use super::client::{Answer, encoded, send};
use super::sample;
use crate::places::Folder;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Seals by turning bytes round; the vault has its own tests.
pub(crate) struct Turned;

impl Seal for Turned {
    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Ok(name.bytes().chain([0]).chain(secret.iter().map(|b| !b)).collect())
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealed> {
        let rest = sealed.strip_prefix(name.as_bytes()).and_then(|r| r.strip_prefix(&[0])).ok_or(Unsealed)?;
        Ok(rest.iter().map(|b| !b).collect())
    }
}

/// The server and what a test does with it.
pub(crate) struct Server {
    pub(crate) to: SocketAddr,
    pub(crate) board: watch::Sender<Arc<Board>>,
    pub(crate) people: People,
    pub(crate) orders: Arc<Mutex<Vec<Order>>>,
    entered: Entered,
    clock: Arc<AtomicI64>,
    runtime: tokio::runtime::Runtime,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
    pub(crate) folder: Folder,
}

/// Somebody who is signed in: a cookie and the secret of forms.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) cookie: String,
    pub(crate) form: String,
}

/// What persons enter, with where the answer goes.
type Entering = (Box<Asked>, Reply<Booked>);
/// The test that answers what persons enter, if one does.
type Entered = Arc<Mutex<Option<mpsc::Sender<Entering>>>>;

/// Answers about the chart of accounts and the float by the rules of the books; whoever enters something finds it busy, unless a test
/// answers.
fn ledger(board: watch::Sender<Arc<Board>>, entered: Entered) -> Bookkeeping {
    let books = Mutex::new(Books::new("RIGD_US_SIM_01".parse().unwrap()));
    let answer = move |question| {
        let (asked, reply) = match question {
            Question::Chart(asked, reply) => (asked, reply),
            Question::Float(asked, reply) => {
                return reply.send(assigned(&asked, &board)).map_err(|_| NotBooked::Busy);
            }
            Question::Entry(asked, reply) => {
                let told = entered.lock().unwrap().as_ref().map(|to| to.send((asked, reply)));
                return told.and_then(Result::ok).ok_or(NotBooked::Busy);
            }
        };
        let mut books = books.lock().unwrap();
        let change = books.chart_change(&asked.edit, &asked.author.by, &asked.author.reason).map_err(NotBooked::Chart);
        let told = change.and_then(|change| {
            let hash = Hash::of(format!("{} {:?}", change.version, change.account).as_bytes());
            match asked.how {
                How::Show => Ok(ChartTold::Shown(change, hash)),
                How::AsShown(shown) if shown != hash => Err(NotBooked::ChartChanged),
                How::AsShown(_) | How::AtOnce => {
                    books.apply_chart(&change);
                    Ok(ChartTold::Changed(change))
                }
            }
        });
        reply.send(told).map_err(|_| NotBooked::Busy)
    };
    Bookkeeping::new(answer, || {})
}

/// A float assigned by the rules of the record, and shown on the board.
fn assigned(asked: &FloatAsked, board: &watch::Sender<Arc<Board>>) -> FloatAnswer {
    let refused = |refusal| Err(NotBooked::Float(refusal));
    let now = board.borrow().clone();
    let wanted = &asked.assignment;
    if let Err(refusal) = wanted.check(Currency::USD) {
        return refused(refusal);
    }
    if let Some(earlier) = now.floats.iter().find(|a| a.assignment.document == wanted.document) {
        return Ok(FloatTold { assigned: earlier.clone(), new: false });
    }
    let (before, float) = (now.float, wanted.float);
    if float > before && !asked.may_raise {
        return refused(FloatRefusal::StepUp { now: before, float });
    }
    let assigned = FloatAssigned { assignment: wanted.clone(), before, by: asked.by.clone() };
    let floats = now.floats.iter().cloned().chain([assigned.clone()]).collect();
    board.send_replace(Arc::new(Board { float, floats, ..(*now).clone() }));
    Ok(FloatTold { assigned, new: true })
}

impl Server {
    /// A bot that is trading, without anybody in it.
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0", false)
    }

    pub(crate) fn start_at(place: &str, secure: bool) -> Self {
        Self::start_with(place, secure, None)
    }

    /// With books beside it; their identity is the bot's.
    pub(crate) fn start_with(place: &str, secure: bool, books: Option<(Identity, Reader)>) -> Self {
        let folder = Folder::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let address = Address::Sqlite(folder.path().to_path_buf());
        let people = runtime.block_on(People::open(&address, Arc::new(Turned))).unwrap();
        let listener = TcpListener::bind(place).unwrap();
        let to = listener.local_addr().unwrap();
        let (board, receiver) = watch::channel(Arc::new(sample::board()));
        let orders = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(AtomicI64::new(sample::at("20:41:07").nanos()));
        let (given, time, theirs) = (Arc::clone(&orders), Arc::clone(&clock), people.clone());
        let (shown, entered) = (board.clone(), Entered::default());
        let to_test = Arc::clone(&entered);
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let (_rehearsal, rehearsals) = tokio::sync::watch::channel(None);
            actix_web::rt::System::new().block_on(async move {
                let (identity, books) = books.unzip();
                let site = Site {
                    identity: identity.unwrap_or_else(|| "RIGD_US_SIM_01".parse().unwrap()),
                    board: receiver,
                    latencies: Arc::default(),
                    door: Door::new(move |order| std::future::ready(answer(&given, order))),
                    bookkeeping: ledger(shown, to_test),
                    people: theirs,
                    books,
                    clock: Arc::new(move || Timestamp::from_nanos(time.load(Ordering::SeqCst))),
                    host: Arc::new(sample::host),
                    bars: Some(Arc::new(sample::bars)),
                    symbols: ["NVDA", "T", "ZZZ"].map(|s| s.parse().unwrap()).into(),
                    rehearsals,
                    settings: Arc::new(settings),
                    backups: Arc::new(|| Ok(sample::backups())),
                    reports: sample::reports(),
                    logs: Arc::new(sample::logs),
                    log_names: vec!["system", "orders"],
                    current: Current::new(1, Runtime { zone: chrono_tz::Tz::Europe__Berlin, ..Runtime::default() }),
                    versions: Some(Arc::new(super::settings::Kept::default())),
                    registered: Arc::new(|_| {}),
                    manners: Manners { secure, strict_transport: secure, ..Manners::default() },
                };
                let server = serve(listener, site, None, counter().1).unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = told.recv().unwrap();
        Self { to, board, people, orders, entered, clock, runtime, handle, thread: Some(thread), folder }
    }

    /// From now on the test answers what persons enter.
    pub(crate) fn answers_entries(&self) -> mpsc::Receiver<Entering> {
        let (to, entered) = mpsc::channel();
        *self.entered.lock().unwrap() = Some(to);
        entered
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.clock.load(Ordering::SeqCst))
    }

    pub(crate) fn later(&self, by: Span) {
        self.clock.fetch_add(by.as_nanos(), Ordering::SeqCst);
    }

    pub(crate) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    pub(crate) fn add(&self, name: &str, roles: &[Role], password: bool) -> PersonId {
        let password = password.then(|| PasswordHash::new(PASSWORD).unwrap());
        let new = NewPerson { name: name.parse().unwrap(), password, roles: Roles::of(roles) };
        self.wait(self.people.add(&new, self.now())).unwrap()
    }

    /// Somebody with these roles, signed in without a password.
    pub(crate) fn person(&self, name: &str, roles: &[Role]) -> Person {
        let person = self.add(name, roles, false);
        self.session_of(person)
    }

    pub(crate) fn session_of(&self, person: PersonId) -> Person {
        let new = NewSession {
            person,
            ends_at: self.now() + Span::minutes(12 * 60),
            address: "127.0.0.1".to_owned(),
            agent: "test".to_owned(),
        };
        let token = self.wait(self.people.begin_session(&new, self.now())).unwrap();
        Person { cookie: format!("tbot={}", token.text()), form: token.form_secret() }
    }

    pub(crate) fn link_for(&self, purpose: Purpose) -> String {
        self.wait(self.people.make_link(purpose, self.now() + Span::minutes(60))).unwrap().text().to_owned()
    }

    pub(crate) fn get(&self, path: &str, person: Option<&Person>) -> Answer {
        let cookie = person.map(|p| p.cookie.clone()).unwrap_or_default();
        let headers: &[(&str, &str)] = if person.is_some() { &[("Cookie", &cookie)] } else { &[] };
        send(self.to, "GET", path, headers, "")
    }

    /// A form as a browser without script sends it.
    pub(crate) fn post(&self, path: &str, person: Option<&Person>, fields: &[(&str, &str)]) -> Answer {
        let mut all = fields.to_vec();
        let (cookie, form) = person.map(|p| (p.cookie.clone(), p.form.clone())).unwrap_or_default();
        if person.is_some() && !fields.iter().any(|(n, _)| *n == "form") {
            all.push(("form", &form));
        }
        let origin = format!("http://{}", self.to);
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        send(self.to, "POST", path, &headers, &encoded(&all))
    }

    /// Takes the tables of people away.
    pub(crate) fn break_people(&self) {
        let path = self.folder.path().join("people.db").display().to_string();
        self.wait(async {
            self.people.close().await.unwrap();
            let mut c = sqlx::SqliteConnection::connect(&path).await.unwrap();
            c.execute("ALTER TABLE session RENAME TO gone; ALTER TABLE audit RENAME TO gone_too").await.unwrap();
        });
    }

    pub(crate) fn given(&self) -> Vec<Order> {
        self.orders.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.handle.stop(false);
        self.runtime.block_on(stopped);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A supervisor that writes down what it is told and does as the permission table says.
fn answer(given: &Mutex<Vec<Order>>, order: Order) -> Told {
    permit(order.caller.roles, order.command.action()).map_err(Refused::from)?;
    let message = format!("{} is carried out.", order.command.as_str());
    given.lock().unwrap().push(order);
    Ok(Outcome { at: sample::at("20:41:08"), message })
}

fn settings() -> Vec<SettingLine> {
    let line = |key: &str, value: &str, origin: &str| SettingLine {
        key: key.to_owned(),
        value: value.to_owned(),
        origin: origin.to_owned(),
    };
    vec![
        line("web.listen", "127.0.0.1:8480", "default"),
        line("risk.daily_loss", "400.00 USD", "version 3"),
        line("broker.key", "set on 4 Nov, ends in 7f3a", "version 1"),
    ]
}
