-- Brokers' statements as they were imported, and what came of holding them against the books (LEDG-9), version 3.
-- Append-only: a statement is kept as it came, and is held against the books anew by a further row. `hash` is of the file
-- and of how it was read; `audit` is the audit record of the import.

CREATE TABLE statement (
    identity  TEXT NOT NULL,
    statement BIGINT NOT NULL CHECK (statement > 0),
    hash      BYTEA NOT NULL CHECK (length(hash) = 32),
    at        BIGINT NOT NULL,
    who       TEXT NOT NULL,
    about     TEXT NOT NULL,
    bytes     BYTEA NOT NULL CHECK (length(bytes) <= 8388608),
    audit     BIGINT NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, statement),
    UNIQUE (identity, hash)
);

-- `head` is the last entry of the books that was compared.
CREATE TABLE matching (
    identity  TEXT NOT NULL,
    statement BIGINT NOT NULL,
    n         BIGINT NOT NULL CHECK (n > 0),
    at        BIGINT NOT NULL,
    who       TEXT NOT NULL,
    head      BIGINT NOT NULL CHECK (head >= 0),
    summary   TEXT NOT NULL,
    result    BYTEA NOT NULL,
    audit     BIGINT NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, statement, n),
    FOREIGN KEY (identity, statement) REFERENCES statement
);

CREATE FUNCTION statement_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF NEW.statement IS DISTINCT FROM
        (SELECT coalesce(max(statement), 0) + 1 FROM statement WHERE identity = NEW.identity) THEN
        RAISE EXCEPTION 'not the next statement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_before_insert BEFORE INSERT ON statement
    FOR EACH ROW EXECUTE FUNCTION statement_before_insert();
CREATE TRIGGER statement_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();

CREATE FUNCTION matching_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF NEW.n IS DISTINCT FROM (SELECT coalesce(max(n), 0) + 1 FROM matching
                               WHERE identity = NEW.identity AND statement = NEW.statement) THEN
        RAISE EXCEPTION 'not the next matching of this statement';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_before_insert BEFORE INSERT ON matching
    FOR EACH ROW EXECUTE FUNCTION matching_before_insert();
CREATE TRIGGER matching_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON matching
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
