//! Every statement of the store. Those in [`BOTH`] are prepared on both engines by a test; the others belong to one.

macro_rules! statements {
    ($list:ident, $about:literal: $($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub const $name: &str = $sql;)*
        #[doc = $about]
        pub const $list: &[(&str, &str)] = &[$((stringify!($name), $name),)*];
    };
}

/// What counts in a statement, `$2` to `$6` as a `Scope` has them: the entry is known, and its session lies in the days, unless
/// it happened in others than it was booked to, where that is asked. Columns may have the name of their table before them.
/// The case keeps the moved entries from being looked up where nobody asks for them; a plus keeps SQLite on the index that the
/// statement is made for.
macro_rules! counted {
    ($of:literal) => {
        concat!(
            "+", $of, "seq <= $4 AND (", $of, "session >= $2 AND ", $of, "session <= $3)
            <> CASE WHEN CAST($5 AS BIGINT) < $6 THEN ", $of, "seq IN (
                SELECT late.seq FROM entry AS late WHERE late.book = $1
                AND (late.session >= $2 AND late.session <= $3) <> (late.effective_at >= $5 AND late.effective_at < $6))
            ELSE FALSE END"
        )
    };
}

/// The same where each entry counts in its session: nothing is asked of a row but where it stands. Nothing counts where the
/// other reading was meant.
macro_rules! counted_by_session {
    () => {
        "+seq <= $4 AND session >= $2 AND session <= $3 AND CAST($5 AS BIGINT) >= CAST($6 AS BIGINT)"
    };
}

/// Cash that moved, of what counts.
macro_rules! cash {
    ($counted:expr) => {
        concat!("SELECT kind, currency, CAST(sum(CASE WHEN net > 0 THEN net ELSE 0 END) AS BIGINT),
            CAST(sum(CASE WHEN net < 0 THEN net ELSE 0 END) AS BIGINT),
            CAST(sum(settled) AS BIGINT), CAST(sum(unsettled) AS BIGINT), CAST(sum(wallet) AS BIGINT)
        FROM (SELECT m.*, CASE
                WHEN m.seq IN (SELECT o.seq FROM entry AS o WHERE o.book = $1 AND (o.kind < 'fill' OR o.kind > 'fill'))
                THEN (SELECT e.kind FROM entry AS e WHERE e.book = $1 AND e.seq = m.seq) ELSE 'fill' END AS kind
            FROM (
                SELECT +seq AS seq, currency, sum(amount) AS net, sum(CASE WHEN account = 1010 THEN amount ELSE 0 END) AS settled,
                    sum(CASE WHEN account = 1020 THEN amount ELSE 0 END) AS unsettled,
                    sum(CASE WHEN account = 1030 THEN amount ELSE 0 END) AS wallet
                FROM posting WHERE book = $1 AND account IN (1010, 1020, 1030) AND ", $counted, "
                GROUP BY +seq, currency) AS m) AS k
        GROUP BY kind, currency")
    };
}

/// Cash that has not settled, of what counts.
macro_rules! unsettled {
    ($counted:expr) => {
        concat!(
            "SELECT currency, item, CAST(sum(amount) AS BIGINT) FROM posting
        WHERE book = $1 AND account = 1020 AND item IS NOT NULL AND ",
            $counted,
            "
        GROUP BY currency, item HAVING sum(amount) <> 0"
        )
    };
}

statements! { BOTH, "The statements of both engines, by name.":
    /// The version of the schema.
    SCHEMA_VERSION = "SELECT version FROM schema_version ORDER BY version DESC LIMIT 1";
    /// Records a version of the schema and the program that brought it.
    ADD_SCHEMA_VERSION = "INSERT INTO schema_version (version, program) VALUES ($1, $2)";
    /// All books.
    BOOKS = "SELECT book, identity, base_currency, calendar FROM book ORDER BY book";
    /// Each book with what was recorded last and the last session that was closed.
    FLEET = "SELECT b.book, b.identity,
            coalesce((SELECT at FROM event AS v WHERE v.book = b.book ORDER BY seq DESC LIMIT 1), 0),
            coalesce((SELECT seq FROM entry AS e WHERE e.book = b.book ORDER BY seq DESC LIMIT 1), 0),
            coalesce((SELECT session FROM entry AS c WHERE c.book = b.book AND kind = 'day_close'
                ORDER BY session DESC LIMIT 1), 0)
        FROM book AS b ORDER BY b.identity";
    /// A new book with the next number.
    ADD_BOOK = "INSERT INTO book (book, identity, base_currency, calendar)
        SELECT coalesce(max(book), 0) + 1, $1, $2, $3 FROM book RETURNING book";
    /// A row of the chart.
    ADD_ACCOUNT = "INSERT INTO account (book, code, version, name, type, side, holds, items, open, event)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// The chart as it stands.
    ACCOUNTS = "SELECT code, version, name, type, side, holds, items, open, event FROM account AS a
        WHERE book = $1 AND version = (SELECT max(version) FROM account AS b WHERE b.book = a.book AND b.code = a.code)
        ORDER BY code";
    /// The first version of the chart.
    FIRST_ACCOUNTS = "SELECT code, version, name, type, side, holds, items, open, event FROM account
        WHERE book = $1 AND version = 1 ORDER BY code";
    /// For the verifier: the first version of the chart.
    CHECK_ACCOUNTS = "SELECT code, name, type, side, holds, items, open FROM account WHERE book = $1 AND version = 1
        ORDER BY code";
    /// The events that brought the versions of the chart.
    CHART_CHANGES = "SELECT e.bytes FROM account AS a JOIN event AS e ON e.book = a.book AND e.seq = a.event
        WHERE a.book = $1 AND a.version > 1 ORDER BY a.version";
    /// For the verifier: the later versions.
    CHECK_CHANGES = "SELECT code, version, name, type, side, holds, items, open, event FROM account
        WHERE book = $1 AND version > 1 ORDER BY version, code";
    /// For the verifier: accounts of a book that does not exist.
    BOOKLESS_ACCOUNT = "SELECT book FROM account WHERE book > $1 AND book < $2 ORDER BY book LIMIT 1";
    /// Many events.
    ADD_EVENTS = "INSERT INTO event_in (book, rows, pack) VALUES ($1, $2, $3)";
    /// Many entries with their postings.
    ADD_ENTRIES = "INSERT INTO journal_in (book, rows, pack) VALUES ($1, $2, $3)";
    /// A closing record with its balances and lots.
    ADD_CLOSING = "INSERT INTO closing_in (book, seq, session, n, hash, signature, bytes, balances, lots)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// The head of the entries.
    LAST_ENTRY = "SELECT seq, hash FROM entry WHERE book = $1 ORDER BY seq DESC LIMIT 1";
    /// The head of the events.
    LAST_EVENT = "SELECT seq, hash FROM event WHERE book = $1 ORDER BY seq DESC LIMIT 1";
    /// Entries after one, in order.
    ENTRIES = "SELECT hash, bytes FROM entry WHERE book = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    /// Events after one, in order.
    EVENTS = "SELECT seq, at, kind, version, hash, bytes FROM event WHERE book = $1 AND seq > $2
        ORDER BY seq LIMIT $3";
    /// How many events are from before an instant: their times never run backwards, so it is found by halves.
    EVENTS_BEFORE = "WITH RECURSIVE half (low, high) AS (
            SELECT CAST(0 AS BIGINT), coalesce((SELECT max(seq) FROM event WHERE book = $1), 0)
            UNION ALL
            SELECT CASE WHEN e.at < $2 THEN e.seq ELSE low END, CASE WHEN e.at < $2 THEN high ELSE e.seq - 1 END
            FROM half JOIN event AS e ON e.book = $1 AND e.seq = (low + high + 1) / 2 WHERE low < high)
        SELECT low FROM half WHERE low = high";
    /// The days that were closed, the newest first.
    CLOSED_DAYS = "SELECT DISTINCT session FROM entry WHERE book = $1 AND kind = 'day_close'
        ORDER BY session DESC LIMIT $2";
    /// The entry of a fact.
    ENTRY_OF = "SELECT seq FROM entry WHERE book = $1 AND kind = $2 AND source_key = $3";
    /// Sums of each account, currency and commodity of what counts, in the order of the index.
    BALANCES = concat!("SELECT account, currency, commodity, CAST(sum(amount) AS BIGINT),
            CAST(coalesce(sum(units), 0) AS BIGINT)
        FROM posting WHERE book = $1 AND ", counted_by_session!(), " GROUP BY account, currency, commodity");
    /// The same by effect: the sums by session, and the moved entries put in or taken out. A plus keeps SQLite from looking
    /// for those by their numbers.
    BALANCES_BY_EFFECT = "SELECT account, currency, commodity, CAST(sum(amount) AS BIGINT), CAST(coalesce(sum(units), 0) AS BIGINT)
        FROM (
            SELECT account, currency, commodity, sum(amount) AS amount, sum(units) AS units, count(*) AS n
            FROM posting WHERE book = $1 AND +seq <= $4 AND session >= $2 AND session <= $3
            GROUP BY account, currency, commodity
            UNION ALL
            SELECT p.account, p.currency, p.commodity, m.sign * p.amount, m.sign * p.units, m.sign
            FROM (
                SELECT seq, CASE WHEN session >= $2 AND session <= $3 THEN -1 ELSE 1 END AS sign FROM entry
                WHERE book = $1 AND (session >= $2 AND session <= $3) <> (effective_at >= $5 AND effective_at < $6)) AS m
            CROSS JOIN posting AS p WHERE p.book = $1 AND p.seq = m.seq AND +p.seq <= $4) AS s
        GROUP BY account, currency, commodity HAVING sum(n) > 0";
    /// When an entry was booked.
    BOOKED_AT = "SELECT booked_at FROM entry WHERE book = $1 AND seq = $2";
    /// Closing records after an entry, in order.
    CLOSINGS = "SELECT seq, session, n, hash, bytes, signature FROM closing_record WHERE book = $1 AND seq > $2
        ORDER BY seq LIMIT $3";
    /// A closing record.
    CLOSING_RECORD = "SELECT n, signature, bytes FROM closing_record WHERE book = $1 AND seq = $2";
    /// For the verifier: the balances of some closings.
    CHECK_BALANCES = "SELECT seq, line, account, currency, commodity, strategy, amount, units FROM closing_balance
        WHERE book = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, line";
    /// For the verifier: the lots of some closings.
    CHECK_LOTS = "SELECT seq, line, account, currency, commodity, lot, units, cost, reference FROM closing_lot
        WHERE book = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, line";
    /// The balances of a closing.
    CLOSING_BALANCES = "SELECT account, currency, commodity, strategy, amount, units FROM closing_balance
        WHERE book = $1 AND seq = $2 ORDER BY line";
    /// The lots of a closing, with what each was settled at last.
    CLOSING_LOTS_WHOLE = "SELECT account, currency, commodity, lot, units, cost, reference FROM closing_lot
        WHERE book = $1 AND seq = $2 ORDER BY line";
    /// The days with postings, the newest first: each is looked up from the one after it, whatever lies between.
    DAYS = "WITH RECURSIVE days (day) AS (
            SELECT max(session) FROM entry WHERE book = $1 AND postings > 0
            UNION ALL
            SELECT (SELECT max(session) FROM entry WHERE book = $1 AND session < day AND postings > 0)
            FROM days WHERE day IS NOT NULL)
        SELECT day FROM days WHERE day IS NOT NULL LIMIT $2";
    /// The first and the last entry of some days: what is asked of them is read between these. The plus keeps SQLite on the
    /// index of sessions.
    BOUNDS = "SELECT coalesce(min(+seq), 0), coalesce(max(+seq), 0) FROM entry
        WHERE book = $1 AND session >= $2 AND session <= $3";
    /// The same of the time in which they happened.
    BOUNDS_OF_EFFECT = "SELECT coalesce(min(+seq), 0), coalesce(max(+seq), 0) FROM entry
        WHERE book = $1 AND effective_at >= $2 AND effective_at <= $3";
    /// Entries before one and from one on, of a day, a kind, an instrument where these are said; the newest first.
    SOUGHT = "SELECT hash, bytes FROM entry AS e WHERE book = $1 AND seq < $2 AND seq >= $3 AND ($4 = 0 OR session = $4)
        AND ($5 = '' OR kind = $5) AND ($6 = '' OR EXISTS (
            SELECT 1 FROM posting AS p WHERE p.book = e.book AND p.seq = e.seq AND p.instrument = $6))
        ORDER BY seq DESC LIMIT $7";
    /// The same of a day: its entries are read alone.
    SOUGHT_OF_DAY = "SELECT hash, bytes FROM entry AS e WHERE book = $1 AND session = $4 AND seq < $2 AND seq >= $3
        AND ($5 = '' OR kind = $5) AND ($6 = '' OR EXISTS (
            SELECT 1 FROM posting AS p WHERE p.book = e.book AND p.seq = e.seq AND p.instrument = $6))
        ORDER BY seq DESC LIMIT $7";
    /// The same of an instrument: the entries of its postings are read alone.
    SOUGHT_OF_INSTRUMENT = "SELECT e.hash, e.bytes FROM (
            SELECT DISTINCT seq FROM posting WHERE book = $1 AND instrument = $6 AND seq < $2 AND seq >= $3
            ORDER BY seq DESC LIMIT CASE WHEN $5 = '' THEN $7 ELSE 9223372036854775807 END) AS s
        JOIN entry AS e ON e.book = $1 AND e.seq = s.seq AND ($4 = 0 OR e.session = $4) AND ($5 = '' OR e.kind = $5)
        ORDER BY e.seq DESC LIMIT $7";
    /// The same of a lot: the entries that moved its units are read alone.
    SOUGHT_OF_LOT = "SELECT e.hash, e.bytes FROM (
            SELECT DISTINCT seq FROM posting WHERE book = $1 AND lot = $6 AND units IS NOT NULL AND seq < $2 AND seq >= $3) AS s
        JOIN entry AS e ON e.book = $1 AND e.seq = s.seq AND ($4 = 0 OR e.session = $4) AND ($5 = '' OR e.kind = $5)
        ORDER BY e.seq DESC LIMIT $7";
    /// The same of a kind, by the index of facts: a plus keeps SQLite from walking through all entries.
    SOUGHT_OF_KIND = "SELECT e.hash, e.bytes FROM (
            SELECT seq FROM entry WHERE book = $1 AND kind = $5 AND +seq < $2 AND +seq >= $3
            ORDER BY +seq DESC LIMIT CASE WHEN $6 = '' THEN $7 ELSE 9223372036854775807 END) AS s
        JOIN entry AS e ON e.book = $1 AND e.seq = s.seq AND ($4 = 0 OR e.session = $4) AND ($6 = '' OR EXISTS (
            SELECT 1 FROM posting AS p WHERE p.book = e.book AND p.seq = e.seq AND p.instrument = $6))
        ORDER BY e.seq DESC LIMIT $7";
    /// The postings of an account that count, by the index of accounts (the pluses keep SQLite from walking through all
    /// postings), with their entries, which are read only for those that are shown.
    REGISTER = concat!("SELECT p.currency, p.amount, p.commodity, p.units, e.bytes FROM (
            SELECT seq, line, currency, amount, commodity, units FROM posting
            WHERE book = $1 AND account = $7 AND ", counted!(""), " ORDER BY +seq, +line LIMIT $8) AS p
        JOIN entry AS e ON e.book = $1 AND e.seq = p.seq ORDER BY p.seq, p.line");
    /// The open lots of what counts with their first entry, in the order of the index while they are summed.
    LOTS = concat!("SELECT commodity, account, lot, coalesce(strategy, ''), currency, CAST(sum(units) AS BIGINT),
            CAST(sum(amount) AS BIGINT), min(session), min(seq)
        FROM posting WHERE book = $1 AND lot IS NOT NULL AND units IS NOT NULL AND account < 9000 AND ", counted!(""), "
        GROUP BY lot, account, commodity, currency, strategy HAVING sum(units) <> 0");
    /// The closed parts of lots of what counts, whose entries lie between two numbers: the posting that takes units out, and
    /// the gain of the same entry and lot; of a reversal, what it takes back of a gain. A plus keeps SQLite from looking
    /// through all gains for each.
    GAINS = concat!("SELECT p.seq, p.session, p.commodity, p.lot, p.account, p.currency, p.units, p.amount,
            CAST(coalesce(g.amount, 0) AS BIGINT), CAST(coalesce(g.account, 0) AS BIGINT)
        FROM posting AS p JOIN entry AS e ON e.book = p.book AND e.seq = p.seq
        LEFT JOIN posting AS g ON g.book = p.book AND g.seq = p.seq AND g.lot = p.lot AND g.units IS NULL
            AND +g.account BETWEEN 4110 AND 4140
        WHERE p.book = $1 AND ", counted!("p."), " AND p.units IS NOT NULL AND p.lot IS NOT NULL
            AND p.seq >= $7 AND p.seq <= $8 AND ((g.lot IS NOT NULL AND e.kind IN ('fill', 'cash_in_lieu', 'reversal'))
            OR (e.kind IN ('fill', 'cash_in_lieu') AND ((p.account IN (1310, 1320) AND p.units < 0)
                OR (p.account = 2110 AND p.units > 0))))
        ORDER BY p.seq, p.line LIMIT $9");
    /// What moved cash, by kind and currency: what an entry moves between accounts of cash is neither received nor paid. Most
    /// entries are fills, so the kinds of the others alone are looked up.
    CASH = cash!(counted_by_session!());
    /// The same by effect.
    CASH_BY_EFFECT = cash!(counted!(""));
    /// Cash that has not settled, by currency and date.
    UNSETTLED = unsettled!(counted_by_session!());
    /// The same by effect.
    UNSETTLED_BY_EFFECT = unsettled!(counted!(""));
    /// The year closes that count.
    YEAR_CLOSES = concat!("SELECT bytes FROM entry AS e WHERE book = $1 AND kind = 'year_close' AND ", counted!("e."), "
        ORDER BY seq");
    /// The day closes, the newest first.
    CLOSES = "SELECT seq, hash, bytes FROM closing_record WHERE book = $1 ORDER BY seq DESC LIMIT $2";
    /// The closing records of a session and of those after it, in the order in which they were written.
    CLOSES_FROM = "SELECT seq, hash, bytes FROM closing_record WHERE book = $1 AND session >= $2 ORDER BY seq";
    /// The last close of a session, of those up to an entry.
    CLOSE_OF = "SELECT seq, hash, bytes FROM closing_record WHERE book = $1 AND session = $2 AND seq <= $3
        ORDER BY seq DESC LIMIT 1";
    /// What the contracts of a closing were last settled at.
    CLOSING_REFERENCES = "SELECT lot, reference FROM closing_lot WHERE book = $1 AND seq = $2 AND reference IS NOT NULL";
    /// The last entry with postings of each day.
    DAY_LASTS = "SELECT session, max(seq) FROM entry WHERE book = $1 AND postings > 0 GROUP BY session";
    /// What persons enter, and what opens and closes days.
    ENTERED = "SELECT bytes FROM entry WHERE book = $1 AND kind IN ('adoption', 'adjustment', 'reversal', 'year_close',
        'unknown_activity', 'day_close', 'unlock', 'float_in', 'float_out', 'transfer', 'fee', 'dividend', 'interest',
        'borrow', 'conversion', 'opening', 'cash_in_lieu') ORDER BY seq";
    /// For the verifier: entries after one. The columns stand in one text with a space between: none of them has a space
    /// but the source key, which is last.
    CHECK_ENTRIES = "SELECT seq, concat_ws(' ', entry_id, kind, session, effective_at, booked_at,
        coalesce(CAST(reverses AS TEXT), ''), coalesce(CAST(corrects AS TEXT), ''), postings, source_key),
        previous, hash, bytes FROM entry WHERE book = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    /// For the verifier: postings of a range of entries, a line each. A text has `=` before it, so that nothing and empty
    /// differ.
    CHECK_POSTINGS = "SELECT seq, string_agg(concat_ws(' ', line, session, account, currency, amount,
        coalesce('=' || commodity, ''), coalesce('=' || CAST(units AS TEXT), ''), coalesce('=' || lot, ''),
        coalesce('=' || strategy, ''), coalesce('=' || instrument, ''), coalesce('=' || fill, ''),
        coalesce('=' || fee_kind, ''), coalesce('=' || item, '')), $4 ORDER BY line)
        FROM posting WHERE book = $1 AND seq > $2 AND seq <= $3 GROUP BY seq ORDER BY seq";
    /// For the verifier: events after one.
    CHECK_EVENTS = "SELECT seq, at, kind, version, previous, hash, bytes FROM event WHERE book = $1 AND seq > $2
        ORDER BY seq LIMIT $3";
    /// For the verifier: a posting beyond the last entry.
    LOOSE_POSTING = "SELECT seq, line FROM posting WHERE book = $1 AND (seq > $2 OR seq < 1) ORDER BY seq, line LIMIT 1";
    /// For the verifier: postings of a book that does not exist.
    BOOKLESS_POSTING = "SELECT book FROM posting WHERE book > $1 AND book < $2 ORDER BY book LIMIT 1";
    /// For the verifier: entries of a book that does not exist.
    BOOKLESS_ENTRY = "SELECT book FROM entry WHERE book > $1 AND book < $2 ORDER BY book LIMIT 1";
    /// For the verifier: events of a book that does not exist.
    BOOKLESS_EVENT = "SELECT book FROM event WHERE book > $1 AND book < $2 ORDER BY book LIMIT 1";
    /// For the verifier: balances or lots without their closing record. The records are long, and looking one up by its key
    /// reads those on the way: their numbers are read once.
    LOOSE_CLOSING = "SELECT book, seq FROM (
            SELECT book, seq FROM closing_balance UNION SELECT book, seq FROM closing_lot) AS told
        EXCEPT SELECT book, seq FROM closing_record
        LIMIT 1";
}

statements! { SQLITE, "The statements of SQLite alone, by name.":
    /// One event.
    ADD_EVENT = "INSERT INTO event (book, seq, at, kind, version, previous, hash, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// One posting, before its entry.
    ADD_POSTING = "INSERT INTO posting (book, seq, line, session, account, currency, amount, commodity, units, lot, strategy,
            instrument, fill, fee_kind, item)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    /// One entry, which seals its postings.
    ADD_ENTRY = "INSERT INTO entry (book, seq, entry_id, kind, source_key, session, effective_at, booked_at, reverses,
            corrects, postings, previous, hash, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// The version of the library.
    SQLITE_VERSION = "SELECT sqlite_version()";
    /// A transaction that writes, begun at once.
    SQLITE_BEGIN = "BEGIN IMMEDIATE";
    /// The schema as it stands.
    SQLITE_SCHEMA = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master ORDER BY name, type";
    /// Whether our tables are there.
    SQLITE_HAS_SCHEMA = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    /// How far the books go: the sum of the numbers of their last entries, which only grows.
    SQLITE_MOMENT = "SELECT coalesce(sum((SELECT max(seq) FROM entry AS e WHERE e.book = b.book)), 0) FROM book AS b";
    /// The indexes of a table besides its key: name, whether no two rows share it, and its text.
    SQLITE_INDEXES = "SELECT l.name, l.\"unique\", m.sql FROM pragma_index_list($1) AS l
        JOIN sqlite_master AS m ON m.type = 'index' AND m.name = l.name WHERE l.origin <> 'pk' ORDER BY l.name";
    /// The columns of an index, with those of its table's key that stand behind its own.
    SQLITE_INDEX_COLUMNS = "SELECT name, \"key\" FROM pragma_index_xinfo($1) ORDER BY seqno";
    /// The first page of each table and index.
    SQLITE_ROOTS = "SELECT name, rootpage, type = 'table' FROM sqlite_master WHERE rootpage > 0";
    /// The columns of a table without row numbers in the order in which its records have them.
    SQLITE_STORED = "SELECT x.name, t.type FROM pragma_index_list($1) AS l JOIN pragma_index_xinfo(l.name) AS x
        JOIN pragma_table_xinfo($1) AS t ON t.name = x.name WHERE l.origin = 'pk' ORDER BY x.seqno";
    /// Every page and index of the file.
    SQLITE_INTEGRITY = "PRAGMA integrity_check(1)";
    /// One moment of the whole file as a new one, while others write it.
    SQLITE_COPY = "VACUUM INTO $1";
}

statements! { POSTGRES, "The statements of PostgreSQL alone, by name.":
    /// A transaction that writes.
    POSTGRES_BEGIN = "BEGIN";
    /// A transaction that reads one moment, whatever is written meanwhile.
    POSTGRES_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    /// The name under which others read the same moment.
    POSTGRES_SNAPSHOT = "SELECT pg_export_snapshot()";
    /// Holds a book for one writer as long as the connection lives.
    POSTGRES_LOCK = "SELECT pg_try_advisory_lock(8244, $1)";
    /// Whether our tables are there.
    POSTGRES_HAS_SCHEMA = "SELECT count(*) FROM information_schema.tables
        WHERE table_schema = 'public' AND table_name = 'schema_version'";
    /// What the role that asks may do and must not, the first by name: owners and superusers may all of it.
    POSTGRES_MAY_CHANGE = "SELECT d.deed || ' on ' || t.name
        FROM unnest(ARRAY['account', 'book', 'closing_balance', 'closing_lot', 'closing_record', 'entry', 'event', 'posting'])
            AS t (name)
        CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS d (deed)
        WHERE has_table_privilege('public.' || t.name, d.deed) ORDER BY 1 LIMIT 1";
    /// The books that somebody writes now: who holds the lock.
    POSTGRES_WRITTEN = "SELECT CAST(objid AS BIGINT) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 8244 AND objsubid = 2 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    /// Grants the running role what it may do.
    POSTGRES_LET_RUN = "SELECT let_run($1)";
    /// The schema as it stands, a line a thing: columns, constraints, indexes, triggers, functions.
    POSTGRES_SCHEMA = "SELECT thing, translate(text, chr(10), ' ') FROM (
        SELECT 'column ' || table_name || '.' || column_name AS thing,
               data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS text
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL
        SELECT 'constraint ' || conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u')
        UNION ALL
        SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL
        SELECT 'view ' || viewname, definition FROM pg_views WHERE schemaname = 'public'
        UNION ALL
        SELECT 'trigger ' || c.relname || '.' || tgname, tgenabled::text || ' ' || pg_get_triggerdef(t.oid)
        FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'policy ' || tablename || '.' || policyname, concat_ws(' ', permissive, roles, cmd, qual, 'check', with_check)
        FROM pg_policies WHERE schemaname = 'public'
        UNION ALL
        SELECT 'rows of ' || relname, CASE WHEN relrowsecurity THEN 'separated' ELSE 'open' END FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        UNION ALL
        SELECT 'function ' || proname, coalesce(array_to_string(proconfig, ','), '') || ' '
               || encode(sha256(convert_to(prosrc, 'UTF8')), 'hex')
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) AS s ORDER BY thing COLLATE \"C\", text COLLATE \"C\"";
}
