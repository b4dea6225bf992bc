-- Brokers' statements as they were imported, and what came of holding them against the books (LEDG-9), version 3.
-- Append-only: a statement is kept as it came, and is held against the books anew by a further row. `hash` is of the file
-- and of how it was read; `audit` is the audit record of the import.

CREATE TABLE statement (
    identity  TEXT NOT NULL,
    statement INTEGER NOT NULL CHECK (statement > 0),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    about     TEXT NOT NULL,
    bytes     BLOB NOT NULL CHECK (length(bytes) <= 8388608),
    audit     INTEGER NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, statement),
    UNIQUE (identity, hash)
) STRICT;

-- `head` is the last entry of the books that was compared.
CREATE TABLE matching (
    identity  TEXT NOT NULL,
    statement INTEGER NOT NULL,
    n         INTEGER NOT NULL CHECK (n > 0),
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    head      INTEGER NOT NULL CHECK (head >= 0),
    summary   TEXT NOT NULL,
    result    BLOB NOT NULL,
    audit     INTEGER NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, statement, n),
    FOREIGN KEY (identity, statement) REFERENCES statement
) STRICT;

CREATE TRIGGER statement_before_insert BEFORE INSERT ON statement BEGIN
    SELECT CASE
        WHEN NEW.statement IS NOT (SELECT coalesce(max(statement), 0) + 1 FROM statement WHERE identity = NEW.identity)
            THEN RAISE(ABORT, 'not the next statement')
        WHEN EXISTS (SELECT 1 FROM statement WHERE identity = NEW.identity AND hash = NEW.hash)
            THEN RAISE(ABORT, 'this was imported already')
    END;
END;

CREATE TRIGGER statement_no_update BEFORE UPDATE ON statement BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER statement_no_delete BEFORE DELETE ON statement BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER matching_before_insert BEFORE INSERT ON matching BEGIN
    SELECT RAISE(ABORT, 'not the next matching of this statement')
    WHERE NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM matching
                        WHERE identity = NEW.identity AND statement = NEW.statement);
END;

CREATE TRIGGER matching_no_update BEFORE UPDATE ON matching BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER matching_no_delete BEFORE DELETE ON matching BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;
