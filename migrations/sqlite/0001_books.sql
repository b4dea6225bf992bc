-- TBot's event log and books, version 1, on SQLite 3.51.3 or newer.
--
-- Everything here is append-only. Money, quantities and prices are whole numbers of 10^-8; times are nanoseconds since
-- 1970-01-01T00:00:00Z; sessions are dates as yyyymmdd in the book's own calendar; hashes are 32 raw bytes.
-- Postings are inserted first, their entry last: the entry's row is the seal.

PRAGMA application_id = 0x54426f74;

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    program TEXT NOT NULL
) STRICT;

-- One identity, one book; the small number stands first in every other key.
CREATE TABLE book (
    book          INTEGER PRIMARY KEY CHECK (book > 0),
    identity      TEXT NOT NULL UNIQUE,
    base_currency TEXT NOT NULL CHECK (length(base_currency) = 3),
    calendar      TEXT NOT NULL CHECK (calendar IN ('XNYS', 'GLBX', '24X7'))
) STRICT;

-- The chart of accounts. An edit adds a row with a higher version; the row with the highest version counts. Its `event` says
-- who made it, when and why, and is hashed: from version 2 on a row says what its event says.
CREATE TABLE account (
    book    INTEGER NOT NULL REFERENCES book,
    code    INTEGER NOT NULL CHECK (code BETWEEN 1000 AND 9999),
    version INTEGER NOT NULL CHECK (version > 0),
    name    TEXT NOT NULL,
    type    TEXT NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'units')),
    side    TEXT NOT NULL CHECK (side IN ('debit', 'credit', 'either')),
    holds   TEXT NOT NULL CHECK (holds IN ('currency', 'lots', 'units')),
    items   INTEGER NOT NULL CHECK (items IN (0, 1)),
    open    INTEGER NOT NULL CHECK (open IN (0, 1)),
    event   INTEGER,
    PRIMARY KEY (book, code, version),
    CHECK ((type = 'units') = (holds = 'units')),
    CHECK ((type = 'units') = (code >= 9000)),
    CHECK ((version = 1) = (event IS NULL))
) STRICT, WITHOUT ROWID;

-- What happened to the bot, in order. `bytes` is the record as it is hashed.
CREATE TABLE event (
    book     INTEGER NOT NULL REFERENCES book,
    seq      INTEGER NOT NULL CHECK (seq > 0),
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    bytes    BLOB NOT NULL,
    PRIMARY KEY (book, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    book         INTEGER NOT NULL REFERENCES book,
    seq          INTEGER NOT NULL CHECK (seq > 0),
    entry_id     TEXT NOT NULL CHECK (length(entry_id) = 26),
    kind         TEXT NOT NULL CHECK (kind IN (
        'opening', 'float_in', 'float_out', 'transfer', 'fill', 'fee_rounding', 'fee_charge', 'fee', 'settlement',
        'dividend_accrual', 'dividend', 'interest', 'borrow', 'cash_in_lieu', 'split', 'reorganisation', 'variation',
        'funding', 'conversion', 'reversal', 'adoption', 'adjustment', 'unknown_activity', 'wash_sale', 'day_close',
        'unlock', 'year_close')),
    source_key   TEXT NOT NULL,
    session      INTEGER NOT NULL CHECK (session BETWEEN 19000101 AND 99991231),
    effective_at INTEGER NOT NULL,
    booked_at    INTEGER NOT NULL,
    reverses     INTEGER CHECK (reverses < seq),
    corrects     INTEGER CHECK (corrects < seq),
    postings     INTEGER NOT NULL,
    previous     BLOB NOT NULL CHECK (length(previous) = 32),
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    bytes        BLOB NOT NULL,
    PRIMARY KEY (book, seq),
    FOREIGN KEY (book, reverses) REFERENCES entry,
    FOREIGN KEY (book, corrects) REFERENCES entry,
    CHECK (kind <> 'reversal' OR reverses IS NOT NULL),
    CHECK (CASE WHEN kind IN ('wash_sale', 'day_close', 'unlock') THEN postings = 0 ELSE postings >= 2 END)
) STRICT, WITHOUT ROWID;

CREATE TABLE posting (
    book       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    line       INTEGER NOT NULL CHECK (line > 0),
    session    INTEGER NOT NULL,
    account    INTEGER NOT NULL,
    currency   TEXT NOT NULL CHECK (length(currency) = 3),
    amount     INTEGER NOT NULL,
    commodity  TEXT,
    units      INTEGER,
    lot        TEXT,
    strategy   TEXT,
    instrument TEXT,
    fill       TEXT,
    fee_kind   TEXT,
    item       TEXT,
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES entry DEFERRABLE INITIALLY DEFERRED,
    CHECK ((commodity IS NULL) = (units IS NULL)),
    CHECK (amount <> 0 OR units IS NOT NULL),
    CHECK (units IS NULL OR units <> 0)
) STRICT, WITHOUT ROWID;

-- The signed record of a day's close; `seq` is its `day_close` entry, which is inserted after it and seals it.
CREATE TABLE closing_record (
    book      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    session   INTEGER NOT NULL,
    n         INTEGER NOT NULL CHECK (n > 0),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    signature BLOB,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (book, seq),
    UNIQUE (book, session, n),
    FOREIGN KEY (book, seq) REFERENCES entry DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Cumulative sums up to and with a closed session, from the postings before the close.
CREATE TABLE closing_balance (
    book      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    line      INTEGER NOT NULL CHECK (line > 0),
    account   INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    commodity TEXT,
    strategy  TEXT,
    amount    INTEGER NOT NULL,
    units     INTEGER NOT NULL,
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES closing_record DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Lots open at the close.
CREATE TABLE closing_lot (
    book      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    line      INTEGER NOT NULL CHECK (line > 0),
    account   INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    commodity TEXT NOT NULL,
    lot       TEXT NOT NULL,
    units     INTEGER NOT NULL CHECK (units <> 0),
    cost      INTEGER NOT NULL,
    reference INTEGER,
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES closing_record DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- A fact is booked once, and an entry reversed once.
CREATE UNIQUE INDEX entry_by_fact ON entry (book, kind, source_key);
CREATE UNIQUE INDEX entry_reversed ON entry (book, reverses) WHERE reverses IS NOT NULL;

-- Which sessions are closed: few rows, asked before each entry. The kind stands in them so that a verification can read each
-- index by itself.
CREATE INDEX entry_closes ON entry (book, session, seq, kind) WHERE kind = 'day_close';
CREATE INDEX entry_unlocks ON entry (book, session, seq, kind) WHERE kind = 'unlock';

CREATE TRIGGER schema_version_before_insert BEFORE INSERT ON schema_version BEGIN
    SELECT RAISE(ABORT, 'not the next version of the schema')
    WHERE NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM schema_version);
END;

CREATE TRIGGER book_before_insert BEFORE INSERT ON book BEGIN
    SELECT RAISE(ABORT, 'this book exists already')
    WHERE EXISTS (SELECT 1 FROM book WHERE book = NEW.book OR identity = NEW.identity);
END;

CREATE TRIGGER account_before_insert BEFORE INSERT ON account BEGIN
    SELECT CASE
        WHEN NEW.version NOT BETWEEN (SELECT coalesce(max(version), 1) FROM account WHERE book = NEW.book)
                                 AND (SELECT coalesce(max(version), 0) + 1 FROM account WHERE book = NEW.book)
            THEN RAISE(ABORT, 'not the next version of the chart')
        WHEN EXISTS (SELECT 1 FROM account WHERE book = NEW.book AND code = NEW.code AND version = NEW.version)
            THEN RAISE(ABORT, 'this version of the account exists already')
        WHEN EXISTS (SELECT 1 FROM account WHERE book = NEW.book AND code = NEW.code
                     AND (type <> NEW.type OR side <> NEW.side OR holds <> NEW.holds OR items <> NEW.items))
            THEN RAISE(ABORT, 'what an account is never changes')
        WHEN NEW.version > 1 AND NOT EXISTS (
            SELECT 1 FROM event WHERE book = NEW.book AND seq = NEW.event AND kind = 'chart_changed')
            THEN RAISE(ABORT, 'no event tells of this change of the chart')
        WHEN NEW.open = 0 AND EXISTS (
            SELECT 1 FROM posting WHERE book = NEW.book AND account = NEW.code GROUP BY currency, commodity
            HAVING sum(amount) <> 0 OR coalesce(sum(units), 0) <> 0)
            THEN RAISE(ABORT, 'an account with a balance cannot be closed')
    END;
END;

CREATE TRIGGER event_before_insert BEFORE INSERT ON event BEGIN
    SELECT RAISE(ABORT, 'not the first event')
    WHERE coalesce((
        SELECT CASE
            WHEN NEW.seq IS NOT seq + 1 THEN RAISE(ABORT, 'not the next event')
            WHEN NEW.previous IS NOT hash THEN RAISE(ABORT, 'not chained to the event before')
            WHEN NEW.at < at THEN RAISE(ABORT, 'earlier than the event before')
            ELSE 0
        END
        FROM event WHERE book = NEW.book ORDER BY seq DESC LIMIT 1
    ), NEW.seq IS NOT 1 OR NEW.previous IS NOT zeroblob(32));
END;

-- A line that exists in an entry not yet sealed is refused by its key; in a sealed one, here.
CREATE TRIGGER posting_before_insert BEFORE INSERT ON posting BEGIN
    SELECT CASE
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book)
            THEN RAISE(ABORT, 'not the next entry, or sealed')
        ELSE coalesce((
            SELECT CASE
                WHEN open = 0 THEN RAISE(ABORT, 'the account is closed')
                WHEN items = 1 AND NEW.item IS NULL THEN RAISE(ABORT, 'an account of open items needs an item')
                WHEN holds = 'units' AND (NEW.amount <> 0 OR NEW.units IS NULL)
                    THEN RAISE(ABORT, 'an account of units carries units only')
                WHEN holds = 'lots' AND (NEW.units IS NULL OR NEW.lot IS NULL)
                    THEN RAISE(ABORT, 'a position needs units and a lot')
                WHEN holds = 'currency' AND NEW.units IS NOT NULL
                    THEN RAISE(ABORT, 'an account of money carries no units')
                ELSE 1
            END
            FROM account WHERE book = NEW.book AND code = NEW.account ORDER BY version DESC LIMIT 1
        ), RAISE(ABORT, 'no such account'))
    END;
END;

CREATE TRIGGER entry_before_insert BEFORE INSERT ON entry BEGIN
    SELECT RAISE(ABORT, 'not the first entry')
    WHERE coalesce((
        SELECT CASE
            WHEN NEW.seq IS NOT seq + 1 THEN RAISE(ABORT, 'not the next entry')
            WHEN NEW.previous IS NOT hash THEN RAISE(ABORT, 'not chained to the entry before')
            WHEN NEW.booked_at < booked_at THEN RAISE(ABORT, 'booked earlier than the entry before')
            ELSE 0
        END
        FROM entry WHERE book = NEW.book ORDER BY seq DESC LIMIT 1
    ), NEW.seq IS NOT 1 OR NEW.previous IS NOT zeroblob(32));
    SELECT RAISE(ABORT, 'this fact is booked already')
    WHERE EXISTS (SELECT 1 FROM entry WHERE book = NEW.book AND kind = NEW.kind AND source_key = NEW.source_key);
    SELECT RAISE(ABORT, 'this entry is reversed already')
    WHERE NEW.reverses IS NOT NULL AND EXISTS (SELECT 1 FROM entry WHERE book = NEW.book AND reverses = NEW.reverses);
    -- A day_close closes its session and all before it; an unlock opens its own and all after it.
    SELECT RAISE(ABORT, 'the session is closed')
    WHERE NEW.kind <> 'unlock' AND EXISTS (
        SELECT 1 FROM entry AS c
        WHERE c.book = NEW.book AND c.kind = 'day_close' AND c.session >= NEW.session
          AND NOT EXISTS (
            SELECT 1 FROM entry AS u
            WHERE u.book = c.book AND u.kind = 'unlock' AND u.session <= c.session AND u.seq > c.seq));
    -- One scan; the groups are asked for only where there is more than one currency or commodity.
    SELECT CASE
        WHEN count(*) <> NEW.postings OR coalesce(max(line), 0) <> NEW.postings
            THEN RAISE(ABORT, 'not as many postings as the entry says')
        WHEN min(session) <> NEW.session OR max(session) <> NEW.session
            THEN RAISE(ABORT, 'a posting has another session than its entry')
        WHEN (min(currency) < max(currency) OR sum(amount) <> 0)
            AND EXISTS (SELECT 1 FROM posting WHERE book = NEW.book AND seq = NEW.seq
                        GROUP BY currency HAVING sum(amount) <> 0)
            THEN RAISE(ABORT, 'amounts do not balance')
        WHEN (min(commodity) < max(commodity) OR sum(units) <> 0)
            AND EXISTS (SELECT 1 FROM posting WHERE book = NEW.book AND seq = NEW.seq AND commodity IS NOT NULL
                        GROUP BY commodity HAVING sum(units) <> 0)
            THEN RAISE(ABORT, 'units do not balance')
    END
    FROM posting WHERE book = NEW.book AND seq = NEW.seq;
END;

CREATE TRIGGER closing_record_before_insert BEFORE INSERT ON closing_record BEGIN
    SELECT RAISE(ABORT, 'not the next entry, or sealed')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book);
END;

CREATE TRIGGER closing_balance_before_insert BEFORE INSERT ON closing_balance BEGIN
    SELECT RAISE(ABORT, 'not the next entry, or sealed')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book);
END;

CREATE TRIGGER closing_lot_before_insert BEFORE INSERT ON closing_lot BEGIN
    SELECT RAISE(ABORT, 'not the next entry, or sealed')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book);
END;

CREATE TRIGGER schema_version_no_update BEFORE UPDATE ON schema_version BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER schema_version_no_delete BEFORE DELETE ON schema_version BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER book_no_update BEFORE UPDATE ON book BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER book_no_delete BEFORE DELETE ON book BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER account_no_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_record_no_update BEFORE UPDATE ON closing_record BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_record_no_delete BEFORE DELETE ON closing_record BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_balance_no_update BEFORE UPDATE ON closing_balance BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_balance_no_delete BEFORE DELETE ON closing_balance BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_lot_no_update BEFORE UPDATE ON closing_lot BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;
CREATE TRIGGER closing_lot_no_delete BEFORE DELETE ON closing_lot BEGIN SELECT RAISE(ABORT, 'what is written stays'); END;

-- The doors of the writer: many records in one statement, each still meeting the triggers above in its order. `rows` is
-- a JSON array with one array a record; `pack` holds, at the place and length that a row names, the previous hash, the
-- hash and the bytes of each record.
CREATE VIEW event_in (book, rows, pack) AS SELECT 0, '', x'' WHERE 0;

CREATE TRIGGER event_in_insert INSTEAD OF INSERT ON event_in BEGIN
    INSERT INTO event (book, seq, at, kind, version, previous, hash, bytes)
    SELECT NEW.book, value ->> 0, value ->> 1, value ->> 2, value ->> 3,
           substr(NEW.pack, value ->> 4, 32), substr(NEW.pack, (value ->> 4) + 32, 32),
           substr(NEW.pack, (value ->> 4) + 64, value ->> 5)
    FROM jsonb_each(NEW.rows);
END;

CREATE VIEW entry_in (book, seq, session, record, pack) AS SELECT 0, 0, 0, x'', x'' WHERE 0;

CREATE TRIGGER entry_in_insert INSTEAD OF INSERT ON entry_in BEGIN
    INSERT INTO posting (book, seq, line, session, account, currency, amount, commodity, units, lot, strategy,
                         instrument, fill, fee_kind, item)
    SELECT NEW.book, NEW.seq, key + 1, NEW.session, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
           value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10
    FROM jsonb_each(NEW.record, '$[11]');
    INSERT INTO entry (book, seq, entry_id, kind, source_key, session, effective_at, booked_at, reverses, corrects,
                       postings, previous, hash, bytes)
    VALUES (NEW.book, NEW.seq, NEW.record ->> 4, NEW.record ->> 5, NEW.record ->> 6, NEW.session, NEW.record ->> 7,
            NEW.record ->> 8, NEW.record ->> 9, NEW.record ->> 10, json_array_length(NEW.record, '$[11]'),
            substr(NEW.pack, 1, 32), substr(NEW.pack, 33, 32), substr(NEW.pack, 65));
END;

CREATE VIEW journal_in (book, rows, pack) AS SELECT 0, '', x'' WHERE 0;

CREATE TRIGGER journal_in_insert INSTEAD OF INSERT ON journal_in BEGIN
    INSERT INTO entry_in (book, seq, session, record, pack)
    SELECT NEW.book, value ->> 0, value ->> 1, value, substr(NEW.pack, value ->> 2, (value ->> 3) + 64)
    FROM jsonb_each(NEW.rows);
END;

CREATE VIEW closing_in (book, seq, session, n, hash, signature, bytes, balances, lots)
AS SELECT 0, 0, 0, 0, x'', x'', x'', '', '' WHERE 0;

CREATE TRIGGER closing_in_insert INSTEAD OF INSERT ON closing_in BEGIN
    INSERT INTO closing_record (book, seq, session, n, hash, signature, bytes)
    VALUES (NEW.book, NEW.seq, NEW.session, NEW.n, NEW.hash, NEW.signature, NEW.bytes);
    INSERT INTO closing_balance (book, seq, line, account, currency, commodity, strategy, amount, units)
    SELECT NEW.book, NEW.seq, key + 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM jsonb_each(NEW.balances);
    INSERT INTO closing_lot (book, seq, line, account, currency, commodity, lot, units, cost, reference)
    SELECT NEW.book, NEW.seq, key + 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6
    FROM jsonb_each(NEW.lots);
END;
