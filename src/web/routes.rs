//! Which addresses exist, and who may open them: one table that registration, the guard and the tests read.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{HttpResponse, Route as Handler};
use desk::domain::bot::Action;

use super::guard::{greet, guard};
use super::pages::ledger::reconciliation;
use super::pages::{
    account, audit, boards, command, ledger, logs, programs, registration, reports, review, screener, settings,
    sign_in, strategies, trading, users,
};
use super::refusal::Refusal;
use super::setup::pages as setup;
use super::statements::LARGEST_FORM;
use super::{api, assets, live};

/// What an address asks of whoever opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: everybody.
    Nothing,
    /// A session or token of any person.
    SignedIn,
    /// What the permission table says of an action (WEB-2a).
    Action(Action),
}

/// How a row is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is read.
    Get,
    /// It changes something.
    Post,
}

/// A row of the table.
pub struct Route {
    /// How.
    pub verb: Verb,
    /// Where.
    pub path: &'static str,
    /// Who.
    pub needs: Needs,
    handler: fn() -> Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {:?}", self.verb, self.path, self.needs)
    }
}

impl Verb {
    /// The method of HTTP.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
        }
    }
}

impl Route {
    /// Whether a session that was idle for too long may still open it: stop, kill and flatten (WEB-2c).
    #[must_use]
    pub fn for_idle(&self) -> bool {
        let verb = self.path.strip_prefix("/commands/").or_else(|| self.path.strip_prefix("/api/v1/commands/"));
        verb.is_some_and(|v| ["stop", "kill", "flatten"].contains(&v))
    }

    /// Whether it kills: nothing that comes with it keeps it from that.
    #[must_use]
    pub fn kills(&self) -> bool {
        self.verb == Verb::Post && self.path.ends_with("commands/kill")
    }

    /// Whether a file comes with it.
    #[must_use]
    pub fn takes_file(&self) -> bool {
        self.verb == Verb::Post && ["/ledger/reconciliation", "/api/v1/ledger/statements/import"].contains(&self.path)
    }

    /// Whether a person reads it as a page.
    #[must_use]
    pub fn is_page(&self) -> bool {
        self.verb == Verb::Get && !self.path.starts_with("/static/") && self.path != "/events"
    }
}

/// Whether an address is one that programs open: its errors are problem documents.
pub(crate) fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/")
        || path.starts_with("/static/")
        || ["/events", "/health", "/ready", "/metrics"].contains(&path)
}

const fn get(path: &'static str, needs: Needs, handler: fn() -> Handler) -> Route {
    Route { verb: Verb::Get, path, needs, handler }
}

const fn post(path: &'static str, needs: Needs, handler: fn() -> Handler) -> Route {
    Route { verb: Verb::Post, path, needs, handler }
}

/// A verb of the bot as a form and as a part of the API.
macro_rules! verbs {
    ($($verb:literal $action:ident),* $(,)?) => {
        /// The verbs of the bot: where a form sends them, and where a program does.
        pub const VERBS: &[Route] = &[$(
            post(concat!("/commands/", $verb), Needs::Action(Action::$action), || web::to(command::form)),
            post(concat!("/api/v1/commands/", $verb), Needs::Action(Action::$action), || web::to(api::commands::give)),
        )*];
    };
}

verbs! {
    "start" Operate, "stop" Halt, "pause" Halt, "resume" Operate, "cancel_all" Halt, "flatten" Halt, "kill" Halt,
    "reset_kill" Administer, "freeze" Halt, "unfreeze" Loosen, "enter_defense" Halt, "leave_defense" Loosen,
    "set_mode" Administer, "apply_config" Administer, "rehearse" Rehearse, "close_day" Account, "backup" Operate,
    "shutdown" Halt, "reconcile" Operate, "suspend_strategy" Halt, "acknowledge" Operate, "drill" Halt,
    "approve_proposal" Loosen, "reject_proposal" Halt,
}

use Action::{Account, Administer, Export, Look, ReadLedger, ReadLogs, ReadSystem, Rehearse};
use Needs::{Nothing, SignedIn};

const LOOK: Needs = Needs::Action(Look);
const LEDGER: Needs = Needs::Action(ReadLedger);
const ACCOUNT: Needs = Needs::Action(Account);
const EXPORT: Needs = Needs::Action(Export);
const LOGS: Needs = Needs::Action(ReadLogs);
const SYSTEM: Needs = Needs::Action(ReadSystem);
const ADMINISTER: Needs = Needs::Action(Administer);

/// Every other address.
pub const ROUTES: &[Route] = &[
    // Coming in.
    get("/sign-in", Nothing, || web::to(sign_in::page)),
    post("/sign-in", Nothing, || web::to(sign_in::submit)),
    get("/link/{token}", Nothing, || web::to(sign_in::link)),
    post("/link/{token}", Nothing, || web::to(sign_in::open_link)),
    get("/register/{token}", Nothing, || web::to(registration::page)),
    post("/register/{token}", Nothing, || web::to(registration::submit)),
    post("/sign-out", SignedIn, || web::to(sign_in::out)),
    // Oneself.
    get("/account", SignedIn, || web::to(account::page)),
    post("/account/theme", SignedIn, || web::to(account::theme)),
    post("/account/password", SignedIn, || web::to(account::password)),
    get("/account/codes", SignedIn, || web::to(account::codes)),
    post("/account/codes", SignedIn, || web::to(account::begin_codes)),
    post("/account/codes/confirm", SignedIn, || web::to(account::confirm_codes)),
    post("/account/sessions/revoke", SignedIn, || web::to(account::revoke)),
    post("/account/tokens", SignedIn, || web::to(account::make_token)),
    post("/account/tokens/revoke", SignedIn, || web::to(account::revoke_token)),
    // Trading.
    get("/", LOOK, || web::to(boards::dashboard)),
    get("/decisions", LOOK, || web::to(trading::decisions)),
    get("/decisions/{id}", LOOK, || web::to(trading::decision)),
    get("/strategies", LOOK, || web::to(strategies::page)),
    get("/screener", LOOK, || web::to(screener::page)),
    get("/orders", LOOK, || web::to(trading::orders)),
    get("/orders/{id}", LOOK, || web::to(trading::order)),
    get("/trades", LOOK, || web::to(trading::trades)),
    get("/symbols/{symbol}", LOOK, || web::to(boards::symbol)),
    get("/risk", LOOK, || web::to(boards::risk)),
    get("/why", LOOK, || web::to(boards::why)),
    get("/kill", LOOK, || web::to(boards::kill)),
    get("/system/health", LOOK, || web::to(boards::health)),
    get("/system/api", LOOK, || web::to(programs::page)),
    get("/system/shutdown", LOOK, || web::to(boards::shutdown)),
    get("/alerts", LOOK, || web::to(boards::alerts)),
    get("/logs", LOGS, || web::to(logs::page)),
    get("/rehearsal", Needs::Action(Rehearse), || web::to(boards::rehearsal)),
    get("/events", LOOK, || web::to(live::events)),
    // Books.
    get("/ledger", LEDGER, || web::to(ledger::journal)),
    get("/ledger/entries/{seq}", LEDGER, || web::to(ledger::entry)),
    get("/ledger/accounts", LEDGER, || web::to(ledger::accounts)),
    post("/ledger/accounts", ADMINISTER, || web::to(ledger::change_accounts)),
    get("/ledger/accounts/{code}", LEDGER, || web::to(ledger::register)),
    get("/ledger/statements", LEDGER, || web::to(ledger::statements)),
    get("/ledger/cash", LEDGER, || web::to(ledger::cash)),
    get("/ledger/lots", LEDGER, || web::to(ledger::lots)),
    get("/ledger/enter", ACCOUNT, || web::to(ledger::begin)),
    post("/ledger/enter", ACCOUNT, || web::to(ledger::submit)),
    get("/ledger/float", LEDGER, || web::to(ledger::float)),
    post("/ledger/float", ACCOUNT, || web::to(ledger::assign_float)),
    get("/ledger/review", LEDGER, || web::to(review::queue)),
    get("/ledger/days/{day}", LEDGER, || web::to(review::day)),
    get("/ledger/items/{number}", LEDGER, || web::to(review::item)),
    post("/ledger/entries/{seq}", ACCOUNT, || web::to(review::act_on_entry)),
    post("/ledger/days/{day}", ACCOUNT, || web::to(review::act_on_day)),
    post("/ledger/days/{day}/unlock", ACCOUNT, || web::to(review::unlock)),
    post("/ledger/days/{day}/close", ACCOUNT, || web::to(review::close)),
    post("/ledger/items/{number}", ACCOUNT, || web::to(review::act_on_item)),
    get("/ledger/closes", LEDGER, || web::to(ledger::closes)),
    get("/ledger/exports", EXPORT, || web::to(ledger::exports)),
    get("/ledger/views/{name}", EXPORT, || web::to(ledger::view)),
    get("/ledger/exports/file", EXPORT, || web::to(ledger::download)),
    get("/ledger/reconciliation", LEDGER, || web::to(reconciliation::list)),
    post("/ledger/reconciliation", ACCOUNT, || web::to(reconciliation::import)),
    get("/ledger/reconciliation/{number}", LEDGER, || web::to(reconciliation::statement)),
    post("/ledger/reconciliation/{number}", ACCOUNT, || web::to(reconciliation::act)),
    get("/reports", LEDGER, || web::to(reports::page)),
    get("/reports/{period}/{file}", EXPORT, || web::to(reports::file)),
    // System.
    get("/settings", SYSTEM, || web::to(settings::page)),
    get("/settings/versions/{number}", SYSTEM, || web::to(settings::version)),
    get("/settings/sections/{section}", LOOK, || web::to(settings::section)),
    // Each key asks for its own right.
    post("/settings/draft", LOOK, || web::to(settings::submit)),
    post("/settings/apply", LOOK, || web::to(settings::apply)),
    get("/users", SYSTEM, || web::to(users::page)),
    post("/users", ADMINISTER, || web::to(users::add)),
    post("/users/roles", ADMINISTER, || web::to(users::roles)),
    post("/users/disable", ADMINISTER, || web::to(users::disable)),
    post("/users/link", ADMINISTER, || web::to(users::link)),
    get("/audit", SYSTEM, || web::to(audit::page)),
    get("/audit/records.csv", SYSTEM, || web::to(audit::file)),
    // Programs.
    get("/api/openapi.json", LOOK, || web::to(api::openapi::serve)),
    get("/api/v1/board", LOOK, || web::to(api::board::board)),
    get("/api/v1/decisions", LOOK, || web::to(api::board::decisions)),
    get("/api/v1/orders", LOOK, || web::to(api::board::orders)),
    get("/api/v1/positions", LOOK, || web::to(api::board::positions)),
    get("/api/v1/alerts", LOOK, || web::to(api::board::alerts)),
    get("/api/v1/causes", LOOK, || web::to(api::board::causes)),
    get("/api/v1/logs", LOGS, || web::to(api::board::logs)),
    get("/api/v1/trades", LOOK, || web::to(api::board::trades)),
    get("/api/v1/symbols/{symbol}/bars", LOOK, || web::to(api::board::bars)),
    get("/api/v1/ledger/export", EXPORT, || web::to(ledger::download)),
    get("/api/v1/ledger/journal", LEDGER, || web::to(api::journal::entries)),
    get("/api/v1/ledger/trial-balance", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/income", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/balance-sheet", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/cash", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/positions", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/lots", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/gains", LEDGER, || web::to(api::statements::books)),
    get("/api/v1/ledger/accounts", LEDGER, || web::to(api::chart::chart)),
    post("/api/v1/ledger/accounts/change", ADMINISTER, || web::to(api::chart::change)),
    post("/api/v1/ledger/entries", ACCOUNT, || web::to(api::entries::entries)),
    post("/api/v1/ledger/days/{day}/unlock", ACCOUNT, || web::to(api::entries::unlock)),
    get("/api/v1/ledger/float", LEDGER, || web::to(api::float::float)),
    post("/api/v1/ledger/float", ACCOUNT, || web::to(api::float::assign)),
    get("/api/v1/ledger/statements", LEDGER, || web::to(api::statements::rows)),
    post("/api/v1/ledger/statements/import", ACCOUNT, || web::to(api::statements::import)),
    get("/api/v1/ledger/statements/{number}", LEDGER, || web::to(api::statements::one)),
    get("/api/v1/review", LEDGER, || web::to(api::review::rows)),
    get("/api/v1/review/acts", LEDGER, || web::to(api::review::acts)),
    post("/api/v1/review/act", ACCOUNT, || web::to(api::review::act)),
    get("/api/v1/audit", SYSTEM, || web::to(api::audit::records)),
    get("/api/v1/audit/verify", SYSTEM, || web::to(api::audit::verify)),
    get("/api/sre/health", LOOK, || web::to(api::health::components)),
    get("/metrics", LOOK, || web::to(api::health::metrics)),
    get("/health", Nothing, || web::to(api::health::alive)),
    get("/ready", Nothing, || web::to(api::health::ready)),
    get("/static/{name}", Nothing, || web::to(assets::file)),
];

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(VERBS)
}

/// Registers the table; an address that is not in it does not exist.
pub(crate) fn register(config: &mut ServiceConfig) {
    let mut paths: Vec<&'static str> = Vec::new();
    for path in all().map(|r| r.path) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    for path in paths {
        // A decision's id has slashes of its own.
        let mut resource = web::resource(path.replace("{id}", "{id:.+}"));
        for route in all().filter(|r| r.path == path) {
            let guarded = || from_fn(move |request, next| guard(route, request, next));
            // A reason that is too long is cut, not refused.
            if route.takes_file() || route.kills() {
                resource = resource.app_data(PayloadConfig::new(LARGEST_FORM));
            }
            resource = resource.route((route.handler)().method(route.verb.method()).wrap(guarded()));
            // Load balancers and watchers ask for the head alone.
            if route.verb == Verb::Get && is_for_programs(path) && route.needs == Nothing {
                resource = resource.route((route.handler)().method(Method::HEAD).wrap(guarded()));
            }
        }
        config.service(resource.default_service(web::to(wrong_method(path)).wrap(from_fn(greeted))));
    }
    config.default_service(web::to(nothing_here).wrap(from_fn(greeted)));
}

/// The wizard's own few addresses: it is another server, and the link from the terminal is all that opens it.
pub(crate) fn register_setup(config: &mut ServiceConfig) {
    config
        .route("/open/{token}", web::get().to(setup::open))
        .route("/setup/{step}", web::get().to(setup::show))
        .route("/setup/{step}", web::post().to(setup::submit))
        .route("/static/{name}", web::get().to(assets::file))
        .route("/health", web::get().to(setup::alive))
        .route("/health", web::head().to(setup::alive))
        .route("/ready", web::get().to(setup::not_ready))
        .route("/ready", web::head().to(setup::not_ready))
        .default_service(web::to(setup::closed));
}

async fn greeted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    const NOWHERE: &Route = &get("", Nothing, || web::to(nothing_here));
    greet(NOWHERE, request, next).await
}

fn wrong_method(path: &str) -> impl Fn() -> std::future::Ready<Result<HttpResponse, Refusal>> + Clone + use<> {
    let may = |verb: Verb| all().any(|r| r.path == path && r.verb == verb);
    let allowed = match (may(Verb::Get), may(Verb::Post)) {
        (true, true) => "GET, POST",
        (true, false) => "GET",
        (false, _) => "POST",
    };
    move || std::future::ready(Err(Refusal::Method(allowed)))
}

async fn nothing_here() -> Result<HttpResponse, Refusal> {
    Err(Refusal::Missing("There is no such address.".to_owned()))
}
