//! Every statement about people. Those in [`BOTH`] are prepared on both engines by a test.

macro_rules! statements {
    ($list:ident, $about:literal: $($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub const $name: &str = $sql;)*
        #[doc = $about]
        pub const $list: &[(&str, &str)] = &[$((stringify!($name), $name),)*];
    };
}

statements! { BOTH, "The statements of both engines, by name.":
    /// The version of the schema.
    VERSION = "SELECT version FROM schema_version ORDER BY version DESC LIMIT 1";
    /// Records a version.
    ADD_VERSION = "INSERT INTO schema_version (version, program) VALUES ($1, $2)";
    /// How many persons there are.
    COUNT_PERSONS = "SELECT count(*) FROM person";
    /// A new person.
    ADD_PERSON = "INSERT INTO person (person, name, password, roles, made_at)
        VALUES ((SELECT coalesce(max(person), 0) + 1 FROM person), $1, $2, $3, $4) RETURNING person";
    /// All persons.
    PERSONS = "SELECT person, name, roles, disabled, theme, totp_on, made_at, password FROM person ORDER BY name";
    /// One by name.
    PERSON_NAMED = "SELECT person, name, roles, disabled, theme, totp_on, made_at, password FROM person WHERE name = $1";
    /// One by number.
    PERSON_NUMBERED = "SELECT person, name, roles, disabled, theme, totp_on, made_at, password FROM person
        WHERE person = $1";
    /// Another password.
    SET_PASSWORD = "UPDATE person SET password = $2 WHERE person = $1";
    /// Other roles.
    SET_ROLES = "UPDATE person SET roles = $2 WHERE person = $1";
    /// Lets in, or not.
    SET_DISABLED = "UPDATE person SET disabled = $2 WHERE person = $1";
    /// Colours.
    SET_THEME = "UPDATE person SET theme = $2 WHERE person = $1";
    /// Another secret of one-time codes, not in use yet.
    SET_CODES = "UPDATE person SET totp = $2, totp_on = 0, totp_step = 0 WHERE person = $1";
    /// From now on codes are asked for.
    USE_CODES = "UPDATE person SET totp_on = 1 WHERE person = $1 AND totp IS NOT NULL";
    /// The sealed secret.
    CODES = "SELECT name, totp, totp_on FROM person WHERE person = $1 AND totp IS NOT NULL";
    /// A matched step; an earlier or the same one never again.
    USE_STEP = "UPDATE person SET totp_step = $2 WHERE person = $1 AND totp_step < $2";
    /// Recovery codes go with the secret they stand for.
    DROP_RECOVERY = "DELETE FROM recovery_code WHERE person = $1";
    /// A recovery code.
    ADD_RECOVERY = "INSERT INTO recovery_code (person, hash) VALUES ($1, $2)";
    /// Uses one, once.
    USE_RECOVERY = "UPDATE recovery_code SET used_at = $3 WHERE person = $1 AND hash = $2 AND used_at IS NULL";
    /// How many are left.
    COUNT_RECOVERY = "SELECT count(*) FROM recovery_code WHERE person = $1 AND used_at IS NULL";
    /// A new session.
    ADD_SESSION = "INSERT INTO session (session, token, person, made_at, seen_at, ends_at, address, agent)
        VALUES ((SELECT coalesce(max(session), 0) + 1 FROM session), $1, $2, $3, $3, $4, $5, $6) RETURNING session";
    /// A session with its person, unless it was ended.
    SESSION = "SELECT s.session, s.person, p.name, p.roles, p.theme, p.totp_on, s.seen_at, s.ends_at
        FROM session AS s JOIN person AS p ON p.person = s.person
        WHERE s.token = $1 AND s.revoked_at IS NULL AND p.disabled = 0";
    /// All sessions that still open something, by their tokens, with their persons.
    LIVING_SESSIONS = "SELECT s.token, s.session, s.person, p.name, p.roles, p.theme, p.totp_on, s.seen_at, s.ends_at
        FROM session AS s JOIN person AS p ON p.person = s.person
        WHERE s.ends_at > $1 AND s.revoked_at IS NULL AND p.disabled = 0";
    /// It was used.
    TOUCH_SESSION = "UPDATE session SET seen_at = $2 WHERE session = $1 AND revoked_at IS NULL AND seen_at < $2";
    /// Ends one of a person's sessions.
    REVOKE_SESSION = "UPDATE session SET revoked_at = $3 WHERE session = $1 AND person = $2 AND revoked_at IS NULL";
    /// Ends all of a person's sessions but one.
    REVOKE_SESSIONS = "UPDATE session SET revoked_at = $3 WHERE person = $1 AND session <> $2 AND revoked_at IS NULL";
    /// A person's sessions that still open something.
    SESSIONS = "SELECT session, made_at, seen_at, ends_at, address, agent FROM session
        WHERE person = $1 AND revoked_at IS NULL AND ends_at > $2 ORDER BY seen_at DESC, session DESC";
    /// A new link.
    ADD_LINK = "INSERT INTO link (hash, purpose, person, ends_at) VALUES ($1, $2, $3, $4)";
    /// A link that still opens.
    LINK = "SELECT person FROM link WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND ends_at > $3";
    /// Uses it up.
    USE_LINK = "UPDATE link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL";
    /// Failures of a name.
    FAILURE = "SELECT count, last_at FROM failure WHERE name = $1";
    /// One more.
    ADD_FAILURE = "INSERT INTO failure (name, count, last_at) VALUES ($1, 1, $2)
        ON CONFLICT (name) DO UPDATE SET count = failure.count + 1, last_at = $2";
    /// A good attempt forgets them.
    FORGET_FAILURE = "DELETE FROM failure WHERE name = $1";
    /// So does a day.
    FORGET_OLD_FAILURES = "DELETE FROM failure WHERE last_at < $1";
    /// A new personal token.
    ADD_TOKEN = "INSERT INTO api_token (token, hash, person, label, roles, made_at, ends_at)
        VALUES ((SELECT coalesce(max(token), 0) + 1 FROM api_token), $1, $2, $3, $4, $5, $6) RETURNING token";
    /// The person behind a token that still opens.
    TOKEN = "SELECT t.token, t.person, p.name, p.roles, t.roles FROM api_token AS t JOIN person AS p ON p.person = t.person
        WHERE t.hash = $1 AND t.revoked_at IS NULL AND t.ends_at > $2 AND p.disabled = 0";
    /// A person's tokens.
    TOKENS = "SELECT token, label, roles, made_at, ends_at FROM api_token
        WHERE person = $1 AND revoked_at IS NULL AND ends_at > $2 ORDER BY token";
    /// Ends one.
    REVOKE_TOKEN = "UPDATE api_token SET revoked_at = $3 WHERE token = $1 AND person = $2 AND revoked_at IS NULL";
    /// Ends all of a person's.
    REVOKE_TOKENS = "UPDATE api_token SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL";
    /// What a key brought.
    ANSWER = "SELECT request, status, body FROM answer WHERE person = $1 AND key = $2";
    /// Keeps what it brought.
    ADD_ANSWER = "INSERT INTO answer (person, key, request, at, status, body) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (person, key) DO NOTHING";
    /// Keys are kept for a while.
    DROP_OLD_ANSWERS = "DELETE FROM answer WHERE at < $1";
    /// The last record of the audit.
    LAST_AUDIT = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
    /// A new record.
    ADD_AUDIT = "INSERT INTO audit (seq, at, who, what, object, previous, hash, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Records before one, the newest first; an empty text filters nothing.
    AUDIT = "SELECT seq, hash, bytes FROM audit WHERE seq < $1 AND (who = $2 OR $2 = '') AND (what = $3 OR $3 = '')
        AND (object = $4 OR $4 = '') ORDER BY seq DESC LIMIT $5";
    /// The statement of a file.
    STATEMENT_OF_HASH = "SELECT statement FROM statement WHERE identity = $1 AND hash = $2";
    /// The number of the next statement.
    NEXT_STATEMENT = "SELECT coalesce(max(statement), 0) + 1 FROM statement WHERE identity = $1";
    /// A statement as it came.
    ADD_STATEMENT = "INSERT INTO statement (identity, statement, hash, at, who, about, bytes, audit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// The number of a statement's next result.
    NEXT_MATCHING = "SELECT coalesce(max(n), 0) + 1 FROM matching WHERE identity = $1 AND statement = $2";
    /// What came of holding it against the books.
    ADD_MATCHING = "INSERT INTO matching (identity, statement, n, at, who, head, summary, result, audit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Statements with their latest results, the newest first.
    STATEMENTS = "SELECT s.statement, s.hash, s.at, s.who, s.about, m.n, m.at, m.head, m.summary FROM statement AS s
        JOIN matching AS m ON m.identity = s.identity AND m.statement = s.statement
            AND m.n = (SELECT max(n) FROM matching AS x WHERE x.identity = s.identity AND x.statement = s.statement)
        WHERE s.identity = $1 ORDER BY s.statement DESC LIMIT $2";
    /// One of them.
    STATEMENT = "SELECT s.statement, s.hash, s.at, s.who, s.about, m.n, m.at, m.head, m.summary FROM statement AS s
        JOIN matching AS m ON m.identity = s.identity AND m.statement = s.statement
            AND m.n = (SELECT max(n) FROM matching AS x WHERE x.identity = s.identity AND x.statement = s.statement)
        WHERE s.identity = $1 AND s.statement = $2";
    /// Its file, and the whole of its latest result.
    STATEMENT_WHOLE = "SELECT s.bytes, m.result FROM statement AS s
        JOIN matching AS m ON m.identity = s.identity AND m.statement = s.statement
        WHERE s.identity = $1 AND s.statement = $2 ORDER BY m.n DESC LIMIT 1";
    /// For the verifier: records after one.
    CHECK_AUDIT = "SELECT seq, at, who, what, object, previous, hash, bytes FROM audit WHERE seq > $1
        ORDER BY seq LIMIT $2";
    /// The item of a source.
    ITEM_OF_SOURCE = "SELECT item FROM review_item WHERE identity = $1 AND source = $2";
    /// A new item.
    ADD_ITEM = "INSERT INTO review_item (identity, item, source, kind, title, about, day)
        VALUES ($1, (SELECT coalesce(max(item), 0) + 1 FROM review_item WHERE identity = $1), $2, $3, $4, $5, $6)
        RETURNING item";
    /// Everything that was raised.
    ITEMS = "SELECT item, source, kind, title, about, day FROM review_item WHERE identity = $1 ORDER BY item";
    /// A new act of review.
    ADD_ACT = "INSERT INTO review_act (identity, subject, n, day, at, who, act, about, given, text, audit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    /// The acts of review on a subject, and on everything of a day.
    ACTS_ABOUT = "SELECT subject, n, day, at, who, act, about, given, text FROM review_act
        WHERE identity = $1 AND (subject = $2 OR day = $3) ORDER BY subject, n";
    /// All acts of review.
    ACTS = "SELECT subject, n, day, at, who, act, about, given, text FROM review_act WHERE identity = $1
        ORDER BY subject, n";
}

/// Whether PostgreSQL has the schema.
pub const POSTGRES_HAS_PEOPLE: &str = "SELECT CAST(1 AS BIGINT) FROM information_schema.tables
    WHERE table_schema = 'people' AND table_name = 'schema_version'";
