-- TBot's people, version 1, on SQLite 3.51.3 or newer: who may sign in, what is signed in, and what everybody did.
--
-- Times are nanoseconds since 1970-01-01T00:00:00Z; hashes are 32 raw bytes; yes is 1 and no is 0. No password, token or
-- code stands here in a form that opens anything: passwords are Argon2id, secrets of one-time codes are sealed, tokens
-- and recovery codes are hashed.

PRAGMA application_id = 0x54427070;

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    program TEXT NOT NULL
) STRICT;

CREATE TABLE person (
    person    INTEGER PRIMARY KEY CHECK (person > 0),
    name      TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 32),
    password  TEXT,
    roles     TEXT NOT NULL,
    disabled  INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    theme     TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('light', 'dark', 'system')),
    totp      BLOB,
    totp_on   INTEGER NOT NULL DEFAULT 0 CHECK (totp_on IN (0, 1)),
    totp_step INTEGER NOT NULL DEFAULT 0,
    made_at   INTEGER NOT NULL,
    CHECK (totp_on = 0 OR totp IS NOT NULL)
) STRICT;

CREATE TABLE recovery_code (
    person  INTEGER NOT NULL REFERENCES person,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    used_at INTEGER,
    PRIMARY KEY (person, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    session    INTEGER PRIMARY KEY CHECK (session > 0),
    token      BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
    person     INTEGER NOT NULL REFERENCES person,
    made_at    INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    revoked_at INTEGER,
    address    TEXT NOT NULL,
    agent      TEXT NOT NULL
) STRICT;
CREATE INDEX session_of_person ON session (person, made_at);

-- Links that open something once.
CREATE TABLE link (
    hash    BLOB PRIMARY KEY CHECK (length(hash) = 32),
    purpose TEXT NOT NULL CHECK (purpose IN ('register', 'sign_in')),
    person  INTEGER REFERENCES person,
    ends_at INTEGER NOT NULL,
    used_at INTEGER,
    CHECK ((purpose = 'sign_in') = (person IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Failed attempts since the last good one, by the name that was typed, whether there is such a person or not.
CREATE TABLE failure (
    name    TEXT PRIMARY KEY CHECK (length(name) <= 32),
    count   INTEGER NOT NULL CHECK (count > 0),
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Personal tokens of the API.
CREATE TABLE api_token (
    token      INTEGER PRIMARY KEY CHECK (token > 0),
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    person     INTEGER NOT NULL REFERENCES person,
    label      TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 64),
    roles      TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- What a command with a key brought, so that the same key brings the same.
CREATE TABLE answer (
    person  INTEGER NOT NULL REFERENCES person,
    key     TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
    request BLOB NOT NULL CHECK (length(request) = 32),
    at      INTEGER NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (person, key)
) STRICT, WITHOUT ROWID;

-- Attempts, refusals, commands and changes, in order. `bytes` is the record as it is hashed.
CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY CHECK (seq > 0),
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    what     TEXT NOT NULL,
    object   TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    bytes    BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_before_insert BEFORE INSERT ON audit BEGIN
    SELECT RAISE(ABORT, 'not the first record of the audit')
    WHERE coalesce((
        SELECT CASE
            WHEN NEW.seq IS NOT seq + 1 THEN RAISE(ABORT, 'not the next record of the audit')
            WHEN NEW.previous IS NOT hash THEN RAISE(ABORT, 'not chained to the record before')
            ELSE 0
        END
        FROM audit ORDER BY seq DESC LIMIT 1
    ), NEW.seq IS NOT 1 OR NEW.previous IS NOT zeroblob(32));
END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

-- A session ends; nothing brings it back or makes it longer.
CREATE TRIGGER session_before_update BEFORE UPDATE ON session BEGIN
    SELECT RAISE(ABORT, 'a revoked session stays revoked') WHERE OLD.revoked_at IS NOT NULL;
    SELECT RAISE(ABORT, 'a session keeps its person and its end')
    WHERE OLD.token IS NOT NEW.token OR OLD.person IS NOT NEW.person OR OLD.ends_at IS NOT NEW.ends_at
       OR OLD.made_at IS NOT NEW.made_at;
END;

CREATE TRIGGER link_before_update BEFORE UPDATE ON link BEGIN
    SELECT RAISE(ABORT, 'a link opens once')
    WHERE OLD.used_at IS NOT NULL OR OLD.purpose IS NOT NEW.purpose OR OLD.person IS NOT NEW.person
       OR OLD.ends_at IS NOT NEW.ends_at;
END;
