//! What the API's answers consist of, in a short notation: `name: type` each, `?` where it may be null, `[…]` for a list.
//! A test holds every answer against it, so it cannot drift.

/// A schema: its name, and its properties; all of them are always there.
pub(super) type Schema = (&'static str, &'static str);

/// Values that are no objects: name, JSON type, format or pattern, what it is.
pub(super) const PLAIN: &[(&str, &str, &str, &str)] = &[
    ("string", "string", "", ""),
    ("integer", "integer", "", ""),
    ("boolean", "boolean", "", ""),
    ("object", "object", "", ""),
    ("any", "", "", ""),
    ("time", "string", "date-time", "UTC, RFC 3339"),
    ("decimal", "string", "^-?[0-9]+(\\.[0-9]+)?$", "an exact decimal number, as text so that no digit is lost"),
];

/// Objects.
#[rustfmt::skip]
pub(super) const OBJECTS: &[Schema] = &[
    ("Board", "number: integer; at: time; identity: string; mode: Mode; venue: Venue; feed_name: string; state: State; since: time; reason: string?; applying: integer?; rehearsing: boolean; session: Session?; open_days: [OpenDay]; latch: Mark?; latch_written: time?; defense: Defense?; freezes: [Freeze]; fed_at: time?; data: Data; float: decimal; floats: [FloatAssigned]; day: Day; limits: [Limit]; positions: [Position]; orders: [Order]; strategies: [Strategy]; decisions: [DecisionLine]; trades: [Trade]; actors: [Actor]; screen: Screen?; closing: Closing?; drill: Drill?; past: Past; refusals: [Refused]; skips: [Skipped]; alerts: [Alert]"),
    ("FloatAssigned", "assignment: FloatAssignment; before: decimal; by: string"),
    ("FloatAssignment", "document: string; assigned_by: string; float: decimal; currency: string; from: string; cash: decimal?"),
    ("Float", "float: decimal; assignments: [FloatAssigned]"),
    ("FloatTold", "assigned: FloatAssigned; new: boolean"),
    ("Session", "id: string; open: time; close: time; windows: [StrategyName]; next: [Coming]; closed: boolean"),
    ("Coming", "at: time; what: string"),
    ("Mark", "at: time; who: Who; why: string"),
    ("Freeze", "name: string; strategy: StrategyName?; mark: Mark; for_the_session: boolean"),
    ("Defense", "mark: Mark; share: decimal; price_min: decimal; volume_min: decimal; limits: [DefenseLimit]"),
    ("DefenseLimit", "key: string; what: string; unit: string; usual: string; now: string"),
    ("Data", "symbols: integer; clean: integer; corrupt: integer; fallen: integer; lowest: [Quality]"),
    ("Quality", "symbol: string; score: decimal; lowest: decimal; corrupt: integer"),
    ("Limit", "key: string; used: decimal; limit: decimal; nearest: string?"),
    ("Day", "net: decimal; realised: decimal; unrealised: decimal; fees: decimal; open_fees: decimal; loss_limit: decimal; at_stops: decimal; equity: decimal; curve: [[any]]; sent: integer"),
    ("Position", "symbol: string; strategy: StrategyName; side: Side; quantity: decimal; entry: decimal; last: decimal?; stop: decimal; target: decimal; unrealised: decimal; since: time; decision: string"),
    ("Order", "order: string; leg: string; strategy: StrategyName; symbol: string; state: string; asked: decimal; filled: decimal"),
    ("Strategy", "name: StrategyName; on: boolean; changes: boolean; window: [time]?; suspended: string?; signals: integer; blocked: integer; trades: integer; won: integer; net: decimal"),
    ("DecisionLine", "at: time; decision: Decision; outcome: Outcome"),
    ("Decision", "id: string; session: string; strategy: StrategyName; symbol: string; side: Side; plan: Plan; size: decimal; trace: [Gate]; blocked: [string]?; inputs: [[any]]"),
    ("Plan", "reference: decimal; stop: decimal; target: decimal; risk: decimal; atr: decimal; edge: decimal?"),
    ("Gate", "gate: string; verdict: string; checks: [Check]"),
    ("Check", "reason: string; value: decimal; threshold: decimal; holds: boolean"),
    ("Trade", "decision: string; session: string; strategy: StrategyName; symbol: string; side: Side; size: decimal; plan: Plan; signal_at: time; entered_at: time; exited_at: time; entry_value: decimal; exit_value: decimal; entry_reference_value: decimal; exit_reference_value: decimal; commission: decimal; sec: decimal; taf: decimal; reason: string; synthetic: boolean; orders: [string]"),
    ("Actor", "name: string; well: boolean; silent_ms: integer; waiting: integer; restarts: integer; fault: string?"),
    ("Screen", "session: string; at: time; asks: boolean; asked: [Criterion]; lines: [Screened]"),
    ("Criterion", "name: string; value: string; unit: string"),
    ("Screened", "symbol: string; price: decimal?; volume: decimal?; as_of: time?; out: object?"),
    ("OpenDay", "day: string; why: string; by_itself: boolean; closable: boolean; after: string?"),
    ("Drill", "at: time; orders: integer; positions: integer; last_cancel_ms: integer?; flat_ms: integer?; failures: [string]; receipt: string"),
    ("Closing", "receipt: string?; verb: string; mark: Mark; also: [Mark]; cancels: integer; cancelled: integer; exits: integer; flat: integer; last_cancel_ms: integer?; done_ms: integer?; pending: [string]; progress: decimal"),
    ("Past", "freezes: [ClearedFreeze]; closings: [PastClosing]; unread: string?"),
    ("ClearedFreeze", "freeze: Freeze; cleared: Mark"),
    ("PastClosing", "verb: string; mark: Mark; also: [Mark]; taken_up: time?; entries: integer; protective: integer; positions: [string]; last_cancel_ms: integer?; flat_ms: integer?; receipt: string?; reset: Mark?"),
    ("Refused", "strategy: StrategyName; symbol: string; gate: string; reason: string; count: integer"),
    ("Skipped", "strategy: StrategyName; symbol: string; reason: string; count: integer; since: time"),
    ("Alert", "at: time; level: AlertLevel; code: string; text: string"),
    ("Causes", "refusals: [Refused]; skips: [Skipped]"),
    ("Decisions", "count: integer; rows: [DecisionLine]; next: integer?"),
    ("Orders", "count: integer; rows: [Order]; next: integer?"),
    ("Positions", "count: integer; rows: [Position]; next: integer?"),
    ("Trades", "count: integer; rows: [Trade]; next: integer?"),
    ("Alerts", "count: integer; rows: [Alert]; next: integer?"),
    ("Logs", "count: integer; rows: [object]"),
    ("Bars", "symbol: string; bars: [[any]]; marks: [BarMark]; lines: [PriceLine]"),
    ("BarMark", "at: integer; price: decimal?; side: Side; what: string; why: string?"),
    ("PriceLine", "price: decimal; what: string"),
    ("TrialBalance", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; rows: [TrialLine]"),
    ("TrialLine", "currency: string; account: string?; name: string; debit: decimal?; credit: decimal?"),
    ("Income", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; rows: [SheetLine]"),
    ("BalanceSheet", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; prices: Prices; rows: [SheetLine]"),
    ("SheetLine", "currency: string; part: string; account: string?; name: string; amount: decimal"),
    ("Cash", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; rows: [CashLine]"),
    ("CashLine", "currency: string; part: string; what: string; settles: string?; receipts: decimal?; payments: decimal?; settled: decimal; unsettled: decimal; wallet: decimal; total: decimal"),
    ("Holdings", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; prices: Prices; rows: [Holding]"),
    ("Holding", "commodity: string; account: string?; units: decimal?; cost: decimal; currency: string; price: decimal?; price_at: time?; value: decimal?; unrealised: decimal?; price_source: string?; price_list: string?; without_price: integer"),
    ("Lots", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; prices: Prices; rows: [Lot]"),
    ("Lot", "commodity: string; account: string; lot: string; strategy: string; since: string; units: decimal; cost: decimal; currency: string; price: decimal?; price_at: time?; value: decimal?; unrealised: decimal?; price_source: string?; price_list: string?"),
    ("Gains", "statement: string; identity: string; from: string; to: string; reading: Reading; known_at: time?; known_entry: integer?; rows: [Gain]"),
    ("Gain", "session: string; entry: integer; commodity: string; lot: string; units: decimal; proceeds: decimal; cost: decimal; gain: decimal; currency: string; long_term: boolean"),
    ("Prices", "source: string?; at: time?; hash: string?; recorded: boolean; reopened: boolean; why: string?"),
    ("Statements", "rows: [Statement]"),
    ("Statement", "number: integer; name: string; format: string; accounts: [string]; imported_at: time; imported_by: string; from: string; to: string; lines: integer; head: integer; agrees: boolean; matched: integer; differing: integer; statement_only: integer; books_only: integer"),
    ("Imported", "number: integer; new: boolean"),
    ("StatementResult", "statement: Statement; result: object"),
    ("AuditRecords", "rows: [AuditRecord]; next: integer?"),
    ("AuditRecord", "v: integer; seq: integer; at: time; who: string; origin: string; what: string; object: string; detail: any"),
    ("AuditVerified", "records: integer; mirrored: integer; head: string; fault: string?"),
    ("Done", "at: time; message: string"),
    ("Problem", "type: string; title: string; status: integer; detail: string; code: string"),
    ("ReviewRows", "rows: [ReviewRow]; count: integer"),
    ("ReviewRow", "subject: string; title: string; state: ReviewState; review: ReviewState; version: integer; day: string?; since: time?; assigned: string?; waits_for_me: boolean"),
    ("ReviewActs", "rows: [ReviewDone]"),
    ("ReviewDone", "subject: string; n: integer; at: time; who: string; act: ReviewAct; about: integer?; to: string?; text: string"),
    ("Entered", "shown: string; entries: [EntryShown]; booked: [integer]"),
    ("EntryShown", "kind: string; day: string; effective_at: time; description: string; by: string?; reason: string?; reverses: integer?; source: string; postings: [PostingShown]"),
    ("PostingShown", "account: string; currency: string; amount: string; commodity: string?; units: string?; lot: string?; item: string?"),
    ("Journal", "rows: [JournalEntry]; search: JournalSearch?; next: integer?"),
    ("JournalSearch", "found: integer; looked: integer; stopped: integer?"),
    ("JournalEntry", "seq: integer; entry_id: string; kind: string; source_key: string; session: string; effective_at: time; booked_at: time; reverses: integer?; corrects: integer?; description: string; reason: string?; by: string?; facts: object; postings: [JournalPosting]; hash: string"),
    ("JournalPosting", "account: string; currency: string; amount: decimal; commodity: string?; units: decimal?; lot: string?; strategy: StrategyName?; instrument: string?; fill: string?; fee_kind: string?; item: string?"),
    ("Chart", "version: integer; accounts: [Account]; versions: [ChartVersion]"),
    ("Account", "account: string; name: string; type: string; side: string; holds: string; items: boolean; open: boolean; version: integer"),
    ("ChartVersion", "version: integer; at: time; by: string; reason: string; after: integer; account: string; name: string; open: boolean"),
    ("ChartShown", "version: integer; account: string; name: string; type: string; side: string; open: boolean; shown: string; made: boolean"),
    ("Unlocked", "day: string; message: string"),
    ("ReviewStanding", "subject: string; version: integer; assigned: string?; queries: [integer]; approved_by: string?"),
    ("Alive", "status: string"),
    ("Ready", "status: string; state: State"),
    ("Health", "status: ComponentStatus; at: time; components: [Component]"),
    ("Component", "component: string; status: ComponentStatus; age_seconds: integer?; reason: string?"),
];

/// One of these words.
#[rustfmt::skip]
pub(super) const CHOICES: &[(&str, &[&str])] = &[
    ("Mode", &["observe", "paper", "live"]),
    ("Venue", &["simulated", "paper", "live"]),
    ("StrategyName", &["open", "mid", "close", "external"]),
    ("ReviewState", &["unreviewed", "queried", "approved", "locked"]),
    ("ReviewAct", &["raise", "comment", "query", "answer", "resolve", "assign", "approve", "withdraw"]),
    ("Side", &["long", "short"]),
    ("Reading", &["session", "known", "effective"]),
    ("Outcome", &["executed", "blocked", "missed", "pending"]),
    ("AlertLevel", &["info", "warning", "critical"]),
    ("ComponentStatus", &["ok", "waiting", "failed"]),
];

/// A field of a command: name, type, whether it has to be there, what it means.
pub(super) type Field = (&'static str, &'static str, bool, &'static str);

/// What a verb can be told besides its reason.
#[rustfmt::skip]
pub(super) const FIELDS: &[(&str, &[Field])] = &[
    ("cancel_all", SCOPE), ("flatten", SCOPE),
    ("freeze", &[("name", "string", true, "1 to 32 of a-z, 0-9, _ and -; strategy-open, strategy-mid or strategy-close for one strategy, another word for all entries")]),
    ("unfreeze", &[("name", "string", true, "the freeze's name")]),
    ("set_mode", &[("mode", "Mode", true, "observe, or the identity's own kind")]),
    ("apply_config", &[("version", "integer", true, "the number of a stored version")]),
    ("close_day", &[("day", "string", false, "a day that is over and open, 2026-11-20; the first that can be closed without it")]),
    ("suspend_strategy", &[("strategy", "StrategyName", true, "which")]),
    ("approve_proposal", &[("proposal", "integer", true, "its number")]),
    ("reject_proposal", &[("proposal", "integer", true, "its number")]),
];

/// What an act of review says.
#[rustfmt::skip]
pub(super) const ACT: &[Field] = &[
    ("subject", "string", true, "entry:12, day:2026-11-20 or item:3"),
    ("version", "integer", true, "how many acts on it were seen; acts of others since then refuse it"),
    ("act", "ReviewAct", true, "what is done; items are raised by the bot and by imports"),
    ("about", "integer", false, "answer and resolve: the number of the question"),
    ("to", "string", false, "assign: to whom; empty is to everybody again"),
    ("text", "string", false, "what is asked, answered or remarked; at most 2000 characters"),
];

/// What an entry is made from.
pub(super) const ENTER: &[Field] = &[
    (
        "kind",
        "string",
        true,
        "adjustment, reversal, lots, float_in, float_out, dividend, interest, fee, borrow, transfer, conversion, unknown_activity, adoption, found, year_close",
    ),
    ("day", "string", true, "the books' day, open, as 2026-11-20"),
    ("reason", "string", true, "why it is entered; at most 500 characters"),
    (
        "shown",
        "string",
        false,
        "the hash that came with the entry when it was shown: it is booked if it is still the same",
    ),
    (
        "reference",
        "string",
        false,
        "the broker's activity, accounting's document, or the item of the review; booked once",
    ),
    ("when", "string", false, "when it happened, as 2026-11-20 14:30 of UTC"),
    ("amount", "string", false, "an amount like -2.18"),
    ("currency", "string", false, "a currency like USD"),
    ("description", "string", false, "adjustment and fee: what it is"),
    ("debit", "string", false, "adjustment: 1900, 2310, 4900, 5910 or 5990"),
    ("debit_item", "string", false, "adjustment: the open item of 1900 or 2310"),
    ("credit", "string", false, "adjustment: likewise"),
    ("credit_item", "string", false, "adjustment: likewise"),
    ("entry", "string", false, "reversal and lots: the number of the entry"),
    ("lots", "string", false, "lots: each lot with its units, as SPY-x1 50, SPY-x2 20"),
    ("account", "string", false, "fee: 5110, 5210, 5220, 5230, 5240, 5610 or 5910"),
    ("instrument", "string", false, "dividend, borrow, adoption, found: a symbol"),
    ("ex_date", "string", false, "dividend: as 2026-11-20"),
    ("withheld", "string", false, "dividend: tax withheld"),
    ("bought", "string", false, "conversion: what came in"),
    ("bought_currency", "string", false, "conversion: its currency"),
    ("sold", "string", false, "conversion: what left"),
    ("sold_currency", "string", false, "conversion: its currency"),
    ("rate", "string", false, "conversion: as the broker states it"),
    ("rate_source", "string", false, "conversion: who states it"),
    ("lot", "string", false, "adoption: which lot"),
    ("from", "string", false, "adoption: whose it was"),
    ("to", "string", false, "adoption and found: whose it is from now on"),
    ("quantity", "string", false, "found: units, negative when short"),
    ("price", "string", false, "found: the broker's average price"),
];

/// How the chart of accounts is changed.
pub(super) const CHART: &[Field] = &[
    ("act", "string", true, "add, rename, close, open"),
    (
        "account",
        "string",
        true,
        "four digits; the first one of a new account tells its type: 1 asset, 2 liability, 3 equity, 4 income, 5 expense",
    ),
    ("name", "string", false, "add, rename: the name, at most 60 characters, that no other account has"),
    ("side", "string", false, "add: debit, credit, either; what a positive figure of a statement means"),
    ("reason", "string", true, "why; at most 500 characters"),
    ("shown", "string", false, "the hash that came when the change was shown: it is made if it is still the same"),
    ("code", "string", false, "a one-time code, needed with shown"),
];

/// What accounting's document says of a float.
pub(super) const FLOAT: &[Field] = &[
    ("document", "string", true, "the document's reference, at most 80 characters; one document assigns once"),
    ("assigned_by", "string", true, "who has assigned it, at most 80 characters"),
    ("float", "string", true, "all that the bot may work with, 1 to 1000000000, like 50000.00"),
    ("currency", "string", true, "the currency of the books: USD"),
    ("from", "string", true, "the first session that it holds for, as 2026-11-23"),
    (
        "cash",
        "string",
        false,
        "the cash that moves with it: above zero to the broker, below zero back, 0 for none; where it is missing, as much as the float",
    ),
    ("code", "string", false, "a one-time code of whoever asks, needed where the float rises"),
];

/// How a closed day is opened again.
pub(super) const UNLOCK: &[Field] = &[
    ("act", "string", true, "ask, confirm (by another person), keep"),
    ("reason", "string", false, "ask: why; keep: why not"),
];

/// Nothing of these is everything; at most one is given.
const SCOPE: &[Field] = &[
    ("symbol", "string", false, "one symbol alone"),
    ("strategy", "StrategyName", false, "one strategy alone"),
    ("order", "string", false, "one order alone"),
];
