-- Review by several people (LEDG-7), version 2: what was raised, and everything that was said and decided about entries,
-- days and items. Append-only; what holds now follows from the acts. Each bot's rows stand under its identity.

CREATE TABLE review_item (
    identity TEXT NOT NULL,
    item     BIGINT NOT NULL CHECK (item > 0),
    source   TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
    kind     TEXT NOT NULL CHECK (kind IN ('statement', 'float', 'break', 'rate', 'activity', 'other')),
    title    TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    about    TEXT,
    day      TEXT,
    PRIMARY KEY (identity, item),
    UNIQUE (identity, source)
);

-- `n` counts the acts on a subject: a person's act names the number that it was made on. `audit` is its audit record.
CREATE TABLE review_act (
    identity TEXT NOT NULL,
    subject  TEXT NOT NULL CHECK (subject ~ '^(entry:[1-9][0-9]*|day:[0-9]{4}-[0-9]{2}-[0-9]{2}|item:[1-9][0-9]*)$'),
    n        BIGINT NOT NULL CHECK (n > 0),
    day      TEXT,
    at       BIGINT NOT NULL,
    who      TEXT NOT NULL,
    act      TEXT NOT NULL CHECK (act IN ('raise', 'comment', 'query', 'answer', 'resolve', 'assign', 'approve', 'withdraw')),
    about    BIGINT,
    given    TEXT,
    text     TEXT NOT NULL CHECK (length(text) <= 2000),
    audit    BIGINT NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, subject, n)
);
CREATE INDEX review_act_of_day ON review_act (identity, day) WHERE day IS NOT NULL;

CREATE FUNCTION review_item_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF NEW.item IS DISTINCT FROM (SELECT coalesce(max(item), 0) + 1 FROM review_item WHERE identity = NEW.identity) THEN
        RAISE EXCEPTION 'not the next item';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_item_before_insert BEFORE INSERT ON review_item
    FOR EACH ROW EXECUTE FUNCTION review_item_before_insert();
CREATE TRIGGER review_item_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON review_item
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();

CREATE FUNCTION review_act_before_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = people, pg_temp AS $$
BEGIN
    IF NEW.n IS DISTINCT FROM (SELECT coalesce(max(n), 0) + 1 FROM review_act
                               WHERE identity = NEW.identity AND subject = NEW.subject) THEN
        RAISE EXCEPTION 'not the next act on this subject';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_act_before_insert BEFORE INSERT ON review_act
    FOR EACH ROW EXECUTE FUNCTION review_act_before_insert();
CREATE TRIGGER review_act_no_change BEFORE DELETE OR UPDATE OR TRUNCATE ON review_act
    FOR EACH STATEMENT EXECUTE FUNCTION what_is_written_stays();
