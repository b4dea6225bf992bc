-- TBot's people, version 1, on PostgreSQL 15 or newer, in a schema of their own beside the books.
--
-- Times are nanoseconds since 1970-01-01T00:00:00Z; hashes are 32 raw bytes; yes is 1 and no is 0. No password, token or
-- code stands here in a form that opens anything: passwords are Argon2id, secrets of one-time codes are sealed, tokens
-- and recovery codes are hashed.

CREATE SCHEMA people;
SET LOCAL search_path = people, pg_temp;

CREATE TABLE schema_version (
    version BIGINT PRIMARY KEY,
    program TEXT NOT NULL
);

CREATE TABLE person (
    person    BIGINT PRIMARY KEY CHECK (person > 0),
    name      TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 32),
    password  TEXT,
    roles     TEXT NOT NULL,
    disabled  BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    theme     TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('light', 'dark', 'system')),
    totp      BYTEA,
    totp_on   BIGINT NOT NULL DEFAULT 0 CHECK (totp_on IN (0, 1)),
    totp_step BIGINT NOT NULL DEFAULT 0,
    made_at   BIGINT NOT NULL,
    CHECK (totp_on = 0 OR totp IS NOT NULL)
);

CREATE TABLE recovery_code (
    person  BIGINT NOT NULL REFERENCES person,
    hash    BYTEA NOT NULL CHECK (length(hash) = 32),
    used_at BIGINT,
    PRIMARY KEY (person, hash)
);

CREATE TABLE session (
    session    BIGINT PRIMARY KEY CHECK (session > 0),
    token      BYTEA NOT NULL UNIQUE CHECK (length(token) = 32),
    person     BIGINT NOT NULL REFERENCES person,
    made_at    BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    revoked_at BIGINT,
    address    TEXT NOT NULL,
    agent      TEXT NOT NULL
);
CREATE INDEX session_of_person ON session (person, made_at);

-- Links that open something once.
CREATE TABLE link (
    hash    BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    purpose TEXT NOT NULL CHECK (purpose IN ('register', 'sign_in')),
    person  BIGINT REFERENCES person,
    ends_at BIGINT NOT NULL,
    used_at BIGINT,
    CHECK ((purpose = 'sign_in') = (person IS NOT NULL))
);

-- Failed attempts since the last good one, by the name that was typed, whether there is such a person or not.
CREATE TABLE failure (
    name    TEXT PRIMARY KEY CHECK (length(name) <= 32),
    count   BIGINT NOT NULL CHECK (count > 0),
    last_at BIGINT NOT NULL
);

-- Personal tokens of the API.
CREATE TABLE api_token (
    token      BIGINT PRIMARY KEY CHECK (token > 0),
    hash       BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    person     BIGINT NOT NULL REFERENCES person,
    label      TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 64),
    roles      TEXT NOT NULL,
    made_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    revoked_at BIGINT
);

-- What a command with a key brought, so that the same key brings the same.
CREATE TABLE answer (
    person  BIGINT NOT NULL REFERENCES person,
    key     TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
    request BYTEA NOT NULL CHECK (length(request) = 32),
    at      BIGINT NOT NULL,
    status  BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (person, key)
);

-- Attempts, refusals, commands and changes, in order. `bytes` is the record as it is hashed.
CREATE TABLE audit (
    seq      BIGINT PRIMARY KEY CHECK (seq > 0),
    at       BIGINT NOT NULL,
    who      TEXT NOT NULL,
    what     TEXT NOT NULL,
    object   TEXT NOT NULL,
    previous BYTEA NOT NULL CHECK (length(previous) = 32),
    hash     BYTEA NOT NULL CHECK (length(hash) = 32),
    bytes    BYTEA NOT NULL
);

CREATE FUNCTION audit_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
DECLARE
    last audit%ROWTYPE;
BEGIN
    SELECT * INTO last FROM audit ORDER BY seq DESC LIMIT 1;
    IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1 THEN
        RAISE EXCEPTION 'not the next record of the audit';
    END IF;
    IF NEW.previous IS DISTINCT FROM coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'not chained to the record before';
    END IF;
    IF NEW.hash IS DISTINCT FROM sha256(NEW.previous || NEW.bytes) THEN
        RAISE EXCEPTION 'not the hash of this record';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_before_insert BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_before_insert();

CREATE FUNCTION what_is_written_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is written stays';
END $$;
CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();

-- A session ends; nothing brings it back or makes it longer.
CREATE FUNCTION session_before_update() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'a revoked session stays revoked';
    END IF;
    IF (OLD.token, OLD.person, OLD.ends_at, OLD.made_at)
        IS DISTINCT FROM (NEW.token, NEW.person, NEW.ends_at, NEW.made_at) THEN
        RAISE EXCEPTION 'a session keeps its person and its end';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER session_before_update BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION session_before_update();

CREATE FUNCTION link_before_update() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF OLD.used_at IS NOT NULL
        OR (OLD.purpose, OLD.person, OLD.ends_at) IS DISTINCT FROM (NEW.purpose, NEW.person, NEW.ends_at) THEN
        RAISE EXCEPTION 'a link opens once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER link_before_update BEFORE UPDATE ON link FOR EACH ROW EXECUTE FUNCTION link_before_update();
