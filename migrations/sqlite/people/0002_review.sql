-- Review by several people (LEDG-7), version 2: what was raised, and everything that was said and decided about entries,
-- days and items. Append-only; what holds now follows from the acts. Each bot's rows stand under its identity.

CREATE TABLE review_item (
    identity TEXT NOT NULL,
    item     INTEGER NOT NULL CHECK (item > 0),
    source   TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
    kind     TEXT NOT NULL CHECK (kind IN ('statement', 'float', 'break', 'rate', 'activity', 'other')),
    title    TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    about    TEXT,
    day      TEXT,
    PRIMARY KEY (identity, item),
    UNIQUE (identity, source)
) STRICT, WITHOUT ROWID;

-- `n` counts the acts on a subject: a person's act names the number that it was made on. `audit` is its audit record.
CREATE TABLE review_act (
    identity TEXT NOT NULL,
    subject  TEXT NOT NULL CHECK (subject GLOB 'entry:[1-9]*' OR subject GLOB 'day:????-??-??' OR subject GLOB 'item:[1-9]*'),
    n        INTEGER NOT NULL CHECK (n > 0),
    day      TEXT,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    act      TEXT NOT NULL CHECK (act IN ('raise', 'comment', 'query', 'answer', 'resolve', 'assign', 'approve', 'withdraw')),
    about    INTEGER,
    given    TEXT,
    text     TEXT NOT NULL CHECK (length(text) <= 2000),
    audit    INTEGER NOT NULL REFERENCES audit,
    PRIMARY KEY (identity, subject, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_act_of_day ON review_act (identity, day) WHERE day IS NOT NULL;

CREATE TRIGGER review_item_before_insert BEFORE INSERT ON review_item BEGIN
    SELECT CASE
        WHEN NEW.item IS NOT (SELECT coalesce(max(item), 0) + 1 FROM review_item WHERE identity = NEW.identity)
            THEN RAISE(ABORT, 'not the next item')
        WHEN EXISTS (SELECT 1 FROM review_item WHERE identity = NEW.identity AND source = NEW.source)
            THEN RAISE(ABORT, 'this was raised already')
    END;
END;

CREATE TRIGGER review_item_no_update BEFORE UPDATE ON review_item BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER review_item_no_delete BEFORE DELETE ON review_item BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER review_act_before_insert BEFORE INSERT ON review_act BEGIN
    SELECT RAISE(ABORT, 'not the next act on this subject')
    WHERE NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM review_act
                        WHERE identity = NEW.identity AND subject = NEW.subject);
END;

CREATE TRIGGER review_act_no_update BEFORE UPDATE ON review_act BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;

CREATE TRIGGER review_act_no_delete BEFORE DELETE ON review_act BEGIN
    SELECT RAISE(ABORT, 'what is written stays');
END;
