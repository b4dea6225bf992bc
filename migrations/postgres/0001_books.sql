-- TBot's event log and books, version 1, on PostgreSQL 15 or newer.
--
-- Everything here is append-only. Money, quantities and prices are whole numbers of 10^-8; times are nanoseconds since
-- 1970-01-01T00:00:00Z; sessions are dates as yyyymmdd in the book's own calendar; hashes are 32 raw bytes.
-- The schema belongs to one role; the running role may only insert and select (`let_run`). Functions look for tables in
-- `public` alone, so that no temporary table can stand in for one.
-- Postings are inserted first, their entry last: the entry's row is the seal.

CREATE TABLE schema_version (
    version BIGINT PRIMARY KEY,
    program TEXT NOT NULL
);

-- One identity, one book; the small number stands first in every other key.
CREATE TABLE book (
    book          BIGINT PRIMARY KEY CHECK (book > 0),
    identity      TEXT NOT NULL UNIQUE,
    base_currency TEXT NOT NULL CHECK (length(base_currency) = 3),
    calendar      TEXT NOT NULL CHECK (calendar IN ('XNYS', 'GLBX', '24X7'))
);

-- The chart of accounts. An edit adds a row with a higher version; the row with the highest version counts. Its `event` says
-- who made it, when and why, and is hashed: from version 2 on a row says what its event says.
CREATE TABLE account (
    book    BIGINT NOT NULL REFERENCES book,
    code    BIGINT NOT NULL CHECK (code BETWEEN 1000 AND 9999),
    version BIGINT NOT NULL CHECK (version > 0),
    name    TEXT NOT NULL,
    type    TEXT NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'units')),
    side    TEXT NOT NULL CHECK (side IN ('debit', 'credit', 'either')),
    holds   TEXT NOT NULL CHECK (holds IN ('currency', 'lots', 'units')),
    items   BIGINT NOT NULL CHECK (items IN (0, 1)),
    open    BIGINT NOT NULL CHECK (open IN (0, 1)),
    event   BIGINT,
    PRIMARY KEY (book, code, version),
    CHECK ((type = 'units') = (holds = 'units')),
    CHECK ((type = 'units') = (code >= 9000)),
    CHECK ((version = 1) = (event IS NULL))
);

-- What happened to the bot, in order. `bytes` is the record as it is hashed.
CREATE TABLE event (
    book     BIGINT NOT NULL REFERENCES book,
    seq      BIGINT NOT NULL CHECK (seq > 0),
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    version  BIGINT NOT NULL CHECK (version > 0),
    previous BYTEA NOT NULL CHECK (length(previous) = 32),
    hash     BYTEA NOT NULL CHECK (length(hash) = 32),
    bytes    BYTEA NOT NULL,
    PRIMARY KEY (book, seq)
);

CREATE TABLE entry (
    book         BIGINT NOT NULL REFERENCES book,
    seq          BIGINT NOT NULL CHECK (seq > 0),
    entry_id     TEXT NOT NULL CHECK (length(entry_id) = 26),
    kind         TEXT NOT NULL CHECK (kind IN (
        'opening', 'float_in', 'float_out', 'transfer', 'fill', 'fee_rounding', 'fee_charge', 'fee', 'settlement',
        'dividend_accrual', 'dividend', 'interest', 'borrow', 'cash_in_lieu', 'split', 'reorganisation', 'variation',
        'funding', 'conversion', 'reversal', 'adoption', 'adjustment', 'unknown_activity', 'wash_sale', 'day_close',
        'unlock', 'year_close')),
    source_key   TEXT NOT NULL,
    session      BIGINT NOT NULL CHECK (session BETWEEN 19000101 AND 99991231),
    effective_at BIGINT NOT NULL,
    booked_at    BIGINT NOT NULL,
    reverses     BIGINT CHECK (reverses < seq),
    corrects     BIGINT CHECK (corrects < seq),
    postings     BIGINT NOT NULL,
    previous     BYTEA NOT NULL CHECK (length(previous) = 32),
    hash         BYTEA NOT NULL CHECK (length(hash) = 32),
    bytes        BYTEA NOT NULL,
    PRIMARY KEY (book, seq),
    UNIQUE (book, kind, source_key),
    UNIQUE (book, reverses),
    FOREIGN KEY (book, reverses) REFERENCES entry,
    FOREIGN KEY (book, corrects) REFERENCES entry,
    CHECK (kind <> 'reversal' OR reverses IS NOT NULL),
    CHECK (CASE WHEN kind IN ('wash_sale', 'day_close', 'unlock') THEN postings = 0 ELSE postings >= 2 END)
);

CREATE TABLE posting (
    book       BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    line       BIGINT NOT NULL CHECK (line > 0),
    session    BIGINT NOT NULL,
    account    BIGINT NOT NULL,
    currency   TEXT NOT NULL CHECK (length(currency) = 3),
    amount     BIGINT NOT NULL,
    commodity  TEXT,
    units      BIGINT,
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
);

-- The signed record of a day's close; `seq` is its `day_close` entry, which is inserted after it and seals it.
CREATE TABLE closing_record (
    book      BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    session   BIGINT NOT NULL,
    n         BIGINT NOT NULL CHECK (n > 0),
    hash      BYTEA NOT NULL CHECK (length(hash) = 32),
    signature BYTEA,
    bytes     BYTEA NOT NULL,
    PRIMARY KEY (book, seq),
    UNIQUE (book, session, n),
    FOREIGN KEY (book, seq) REFERENCES entry DEFERRABLE INITIALLY DEFERRED
);

-- Cumulative sums up to and with a closed session, from the postings before the close.
CREATE TABLE closing_balance (
    book      BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    line      BIGINT NOT NULL CHECK (line > 0),
    account   BIGINT NOT NULL,
    currency  TEXT NOT NULL,
    commodity TEXT,
    strategy  TEXT,
    amount    BIGINT NOT NULL,
    units     BIGINT NOT NULL,
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES closing_record DEFERRABLE INITIALLY DEFERRED
);

-- Lots open at the close.
CREATE TABLE closing_lot (
    book      BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    line      BIGINT NOT NULL CHECK (line > 0),
    account   BIGINT NOT NULL,
    currency  TEXT NOT NULL,
    commodity TEXT NOT NULL,
    lot       TEXT NOT NULL,
    units     BIGINT NOT NULL CHECK (units <> 0),
    cost      BIGINT NOT NULL,
    reference BIGINT,
    PRIMARY KEY (book, seq, line),
    FOREIGN KEY (book, seq) REFERENCES closing_record DEFERRABLE INITIALLY DEFERRED
);

-- Which sessions are closed: few rows, asked before each entry.
CREATE INDEX entry_closes ON entry (book, session, seq) WHERE kind = 'day_close';
CREATE INDEX entry_unlocks ON entry (book, session, seq) WHERE kind = 'unlock';

CREATE FUNCTION schema_version_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.version IS DISTINCT FROM (SELECT coalesce(max(version), 0) + 1 FROM schema_version) THEN
        RAISE EXCEPTION 'not the next version of the schema';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER schema_version_before_insert BEFORE INSERT ON schema_version FOR EACH ROW EXECUTE FUNCTION schema_version_before_insert();

CREATE FUNCTION book_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM book WHERE book = NEW.book OR identity = NEW.identity) THEN
        RAISE EXCEPTION 'this book exists already';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER book_before_insert BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION book_before_insert();

CREATE FUNCTION account_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    newest bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(8243, NEW.book::int);
    SELECT coalesce(max(version), 0) INTO newest FROM account WHERE book = NEW.book;
    IF NEW.version NOT BETWEEN greatest(newest, 1) AND newest + 1 THEN
        RAISE EXCEPTION 'not the next version of the chart';
    END IF;
    IF EXISTS (SELECT 1 FROM account WHERE book = NEW.book AND code = NEW.code AND version = NEW.version) THEN
        RAISE EXCEPTION 'this version of the account exists already';
    END IF;
    IF EXISTS (SELECT 1 FROM account WHERE book = NEW.book AND code = NEW.code
              AND (type <> NEW.type OR side <> NEW.side OR holds <> NEW.holds OR items <> NEW.items)) THEN
        RAISE EXCEPTION 'what an account is never changes';
    END IF;
    IF NEW.version > 1 AND NOT EXISTS (
        SELECT 1 FROM event WHERE book = NEW.book AND seq = NEW.event AND kind = 'chart_changed') THEN
        RAISE EXCEPTION 'no event tells of this change of the chart';
    END IF;
    IF NEW.open = 0 AND EXISTS (
        SELECT 1 FROM posting WHERE book = NEW.book AND account = NEW.code GROUP BY currency, commodity
        HAVING sum(amount) <> 0 OR coalesce(sum(units), 0) <> 0) THEN
        RAISE EXCEPTION 'an account with a balance cannot be closed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER account_before_insert BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION account_before_insert();

CREATE FUNCTION event_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last event;
BEGIN
    PERFORM pg_advisory_xact_lock(8243, NEW.book::int);
    SELECT * INTO last FROM event WHERE book = NEW.book ORDER BY seq DESC LIMIT 1;
    IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1 THEN
        RAISE EXCEPTION 'not the next event';
    END IF;
    IF NEW.previous IS DISTINCT FROM coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'not chained to the event before';
    END IF;
    IF NEW.at < last.at THEN
        RAISE EXCEPTION 'earlier than the event before';
    END IF;
    IF NEW.hash IS DISTINCT FROM sha256(NEW.previous || NEW.bytes) THEN
        RAISE EXCEPTION 'not the hash of the event';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER event_before_insert BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_before_insert();

-- Without the lock a second writer slips a balanced pair under an entry that commits meanwhile.
CREATE FUNCTION posting_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    a account;
BEGIN
    PERFORM pg_advisory_xact_lock(8243, NEW.book::int);
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book) THEN
        RAISE EXCEPTION 'not the next entry, or sealed';
    END IF;
    SELECT * INTO a FROM account WHERE book = NEW.book AND code = NEW.account ORDER BY version DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account';
    END IF;
    IF a.open = 0 THEN
        RAISE EXCEPTION 'the account is closed';
    END IF;
    IF a.items = 1 AND NEW.item IS NULL THEN
        RAISE EXCEPTION 'an account of open items needs an item';
    END IF;
    IF a.holds = 'units' AND (NEW.amount <> 0 OR NEW.units IS NULL) THEN
        RAISE EXCEPTION 'an account of units carries units only';
    END IF;
    IF a.holds = 'lots' AND (NEW.units IS NULL OR NEW.lot IS NULL) THEN
        RAISE EXCEPTION 'a position needs units and a lot';
    END IF;
    IF a.holds = 'currency' AND NEW.units IS NOT NULL THEN
        RAISE EXCEPTION 'an account of money carries no units';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER posting_before_insert BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_before_insert();

CREATE FUNCTION entry_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    last entry;
    lines bigint;
    last_line bigint;
    first_day bigint;
    last_day bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(8243, NEW.book::int);
    SELECT * INTO last FROM entry WHERE book = NEW.book ORDER BY seq DESC LIMIT 1;
    IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1 THEN
        RAISE EXCEPTION 'not the next entry';
    END IF;
    IF NEW.previous IS DISTINCT FROM coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'not chained to the entry before';
    END IF;
    IF NEW.booked_at < last.booked_at THEN
        RAISE EXCEPTION 'booked earlier than the entry before';
    END IF;
    IF NEW.hash IS DISTINCT FROM sha256(NEW.previous || NEW.bytes) THEN
        RAISE EXCEPTION 'not the hash of the entry';
    END IF;
    IF EXISTS (SELECT 1 FROM entry WHERE book = NEW.book AND kind = NEW.kind AND source_key = NEW.source_key) THEN
        RAISE EXCEPTION 'this fact is booked already';
    END IF;
    IF EXISTS (SELECT 1 FROM entry WHERE book = NEW.book AND reverses = NEW.reverses) THEN
        RAISE EXCEPTION 'this entry is reversed already';
    END IF;
    -- A day_close closes its session and all before it; an unlock opens its own and all after it.
    IF NEW.kind <> 'unlock' AND EXISTS (
        SELECT 1 FROM entry AS c
        WHERE c.book = NEW.book AND c.kind = 'day_close' AND c.session >= NEW.session
          AND NOT EXISTS (
            SELECT 1 FROM entry AS u
            WHERE u.book = c.book AND u.kind = 'unlock' AND u.session <= c.session AND u.seq > c.seq)) THEN
        RAISE EXCEPTION 'the session is closed';
    END IF;
    SELECT count(*), coalesce(max(line), 0), min(session), max(session) INTO lines, last_line, first_day, last_day
    FROM posting WHERE book = NEW.book AND seq = NEW.seq;
    IF lines <> NEW.postings OR last_line <> NEW.postings THEN
        RAISE EXCEPTION 'not as many postings as the entry says';
    END IF;
    IF first_day <> NEW.session OR last_day <> NEW.session THEN
        RAISE EXCEPTION 'a posting has another session than its entry';
    END IF;
    IF EXISTS (SELECT 1 FROM posting WHERE book = NEW.book AND seq = NEW.seq
              GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'amounts do not balance';
    END IF;
    IF EXISTS (SELECT 1 FROM posting WHERE book = NEW.book AND seq = NEW.seq AND commodity IS NOT NULL
              GROUP BY commodity HAVING sum(units) <> 0) THEN
        RAISE EXCEPTION 'units do not balance';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER entry_before_insert BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_before_insert();

CREATE FUNCTION closing_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(8243, NEW.book::int);
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE book = NEW.book) THEN
        RAISE EXCEPTION 'not the next entry, or sealed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER closing_record_before_insert BEFORE INSERT ON closing_record FOR EACH ROW EXECUTE FUNCTION closing_before_insert();
CREATE TRIGGER closing_balance_before_insert BEFORE INSERT ON closing_balance FOR EACH ROW EXECUTE FUNCTION closing_before_insert();
CREATE TRIGGER closing_lot_before_insert BEFORE INSERT ON closing_lot FOR EACH ROW EXECUTE FUNCTION closing_before_insert();

CREATE FUNCTION what_is_written_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is written stays';
END
$$;

CREATE TRIGGER schema_version_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON schema_version
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER book_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON book
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER account_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER event_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER entry_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER posting_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER closing_record_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON closing_record
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER closing_balance_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON closing_balance
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
CREATE TRIGGER closing_lot_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON closing_lot
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();

-- One role serves several bots. A session that writes declares whose bot it is (`tbot.identity`), and the database takes no
-- row of another's book from it; a session that declares nothing only reads.
CREATE FUNCTION own_book() RETURNS bigint LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT book FROM book WHERE identity = current_setting('tbot.identity', true)
$$;

ALTER TABLE book ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON book FOR SELECT USING (true);
CREATE POLICY own_rows ON book FOR INSERT WITH CHECK (identity = current_setting('tbot.identity', true));
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON account FOR SELECT USING (true);
CREATE POLICY own_rows ON account FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON event FOR SELECT USING (true);
CREATE POLICY own_rows ON event FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON entry FOR SELECT USING (true);
CREATE POLICY own_rows ON entry FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE posting ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON posting FOR SELECT USING (true);
CREATE POLICY own_rows ON posting FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE closing_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON closing_record FOR SELECT USING (true);
CREATE POLICY own_rows ON closing_record FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE closing_balance ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON closing_balance FOR SELECT USING (true);
CREATE POLICY own_rows ON closing_balance FOR INSERT WITH CHECK (book = (SELECT own_book()));
ALTER TABLE closing_lot ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON closing_lot FOR SELECT USING (true);
CREATE POLICY own_rows ON closing_lot FOR INSERT WITH CHECK (book = (SELECT own_book()));

-- The doors of the writer: many records in one statement, each still meeting the triggers above in its order. `rows` is
-- a JSON array with one array a record; `pack` holds, at the place and length that a row names, the previous hash, the
-- hash and the bytes of each record.
CREATE VIEW event_in AS SELECT 0::bigint AS book, ''::text AS rows, ''::bytea AS pack WHERE false;

CREATE FUNCTION event_in_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO event (book, seq, at, kind, version, previous, hash, bytes)
    SELECT NEW.book, (r ->> 0)::bigint, (r ->> 1)::bigint, r ->> 2, (r ->> 3)::bigint,
           substr(NEW.pack, (r ->> 4)::int, 32), substr(NEW.pack, (r ->> 4)::int + 32, 32),
           substr(NEW.pack, (r ->> 4)::int + 64, (r ->> 5)::int)
    FROM json_array_elements(NEW.rows::json) AS r;
    RETURN NEW;
END
$$;
CREATE TRIGGER event_in_insert INSTEAD OF INSERT ON event_in FOR EACH ROW EXECUTE FUNCTION event_in_insert();

CREATE VIEW journal_in AS SELECT 0::bigint AS book, ''::text AS rows, ''::bytea AS pack WHERE false;

CREATE FUNCTION journal_in_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    r json;
    place int;
BEGIN
    FOR r IN SELECT json_array_elements(NEW.rows::json) LOOP
        place := (r ->> 2)::int;
        INSERT INTO posting (book, seq, line, session, account, currency, amount, commodity, units, lot, strategy,
                             instrument, fill, fee_kind, item)
        SELECT NEW.book, (r ->> 0)::bigint, p.line, (r ->> 1)::bigint, (p.v ->> 0)::bigint, p.v ->> 1,
               (p.v ->> 2)::bigint, p.v ->> 3, (p.v ->> 4)::bigint, p.v ->> 5, p.v ->> 6, p.v ->> 7, p.v ->> 8,
               p.v ->> 9, p.v ->> 10
        FROM json_array_elements(r -> 11) WITH ORDINALITY AS p (v, line) ORDER BY p.line;
        INSERT INTO entry (book, seq, entry_id, kind, source_key, session, effective_at, booked_at, reverses, corrects,
                           postings, previous, hash, bytes)
        VALUES (NEW.book, (r ->> 0)::bigint, r ->> 4, r ->> 5, r ->> 6, (r ->> 1)::bigint, (r ->> 7)::bigint,
                (r ->> 8)::bigint, (r ->> 9)::bigint, (r ->> 10)::bigint, json_array_length(r -> 11),
                substr(NEW.pack, place, 32), substr(NEW.pack, place + 32, 32), substr(NEW.pack, place + 64, (r ->> 3)::int));
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER journal_in_insert INSTEAD OF INSERT ON journal_in FOR EACH ROW EXECUTE FUNCTION journal_in_insert();

CREATE VIEW closing_in AS
SELECT 0::bigint AS book, 0::bigint AS seq, 0::bigint AS session, 0::bigint AS n, ''::bytea AS hash,
       ''::bytea AS signature, ''::bytea AS bytes, ''::text AS balances, ''::text AS lots WHERE false;

CREATE FUNCTION closing_in_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO closing_record (book, seq, session, n, hash, signature, bytes)
    VALUES (NEW.book, NEW.seq, NEW.session, NEW.n, NEW.hash, NEW.signature, NEW.bytes);
    INSERT INTO closing_balance (book, seq, line, account, currency, commodity, strategy, amount, units)
    SELECT NEW.book, NEW.seq, p.line, (p.v ->> 0)::bigint, p.v ->> 1, p.v ->> 2, p.v ->> 3, (p.v ->> 4)::bigint,
           (p.v ->> 5)::bigint
    FROM json_array_elements(NEW.balances::json) WITH ORDINALITY AS p (v, line) ORDER BY p.line;
    INSERT INTO closing_lot (book, seq, line, account, currency, commodity, lot, units, cost, reference)
    SELECT NEW.book, NEW.seq, p.line, (p.v ->> 0)::bigint, p.v ->> 1, p.v ->> 2, p.v ->> 3, (p.v ->> 4)::bigint,
           (p.v ->> 5)::bigint, (p.v ->> 6)::bigint
    FROM json_array_elements(NEW.lots::json) WITH ORDINALITY AS p (v, line) ORDER BY p.line;
    RETURN NEW;
END
$$;
CREATE TRIGGER closing_in_insert INSTEAD OF INSERT ON closing_in FOR EACH ROW EXECUTE FUNCTION closing_in_insert();

-- Called by the owner: what the running role may do.
CREATE FUNCTION let_run(role text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT ON schema_version TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT ON book, account, event, entry, posting, closing_record, closing_balance, '
                   'closing_lot, event_in, journal_in, closing_in TO %I', role);
END
$$;
REVOKE ALL ON FUNCTION let_run(text) FROM PUBLIC;
