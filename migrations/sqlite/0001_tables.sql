-- The tables of Countersign on SQLite. The other database has the same file with the same columns.
--
-- Ids and words are text that sorts by bytes, times are microseconds since 1970 (UTC), flags are 0 or
-- 1, structures are JSON as text. What is filtered by has a column of its own; the rest is in `detail`.

-- One chat thread. Whoever holds the lease works on it; `version` guards the context.
CREATE TABLE conversation (
    id          TEXT PRIMARY KEY,
    platform    TEXT NOT NULL,
    channel     TEXT NOT NULL,
    thread      TEXT NOT NULL,
    context     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    -- Number of the last line: one count for both directions, so that a transcript has one order.
    lines       INTEGER NOT NULL,
    active_at   INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER
) STRICT;
CREATE INDEX conversation_active ON conversation (platform, active_at);

-- Events as they came in. A redelivery hits the unique key.
CREATE TABLE inbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    platform     TEXT NOT NULL,
    event_id     TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    line         INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('text', 'click')),
    account      TEXT NOT NULL,
    body         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    done         INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    UNIQUE (platform, event_id)
) STRICT;
CREATE INDEX inbox_unhandled ON inbox (id) WHERE done = 0;
CREATE INDEX inbox_conversation ON inbox (conversation, line);

-- Messages of persons that asked for something.
CREATE TABLE request (
    id           TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    person       TEXT NOT NULL,
    text         TEXT NOT NULL,
    at           INTEGER NOT NULL
) STRICT;
CREATE INDEX request_conversation ON request (conversation);

-- The words of `state` are those of `approval::State::key`.
CREATE TABLE approval (
    id           TEXT PRIMARY KEY,
    code         TEXT NOT NULL,
    request      TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    requester    TEXT NOT NULL,
    digest       TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN
                 ('waiting', 'approved', 'denied', 'expired', 'withdrawn', 'voided')),
    asked_at     INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    detail       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX approval_code ON approval (code) WHERE state = 'waiting';
CREATE INDEX approval_waiting ON approval (expires_at) WHERE state = 'waiting';
CREATE INDEX approval_conversation ON approval (conversation, asked_at);
CREATE INDEX approval_asked ON approval (asked_at);

-- The words of `state` are those of `run::State::key`. An authority and a step are used once.
CREATE TABLE run (
    id           TEXT PRIMARY KEY,
    request      TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    authority    TEXT NOT NULL,
    step         INTEGER NOT NULL,
    approval     TEXT,
    tool         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN
                 ('granted', 'dispatching', 'doubtful', 'accepted', 'running', 'succeeded', 'failed',
                  'partly_failed', 'timed_out', 'not_sent', 'asked_a_person')),
    finished     INTEGER NOT NULL CHECK (finished IN (0, 1)),
    created_at   INTEGER NOT NULL,
    due_at       INTEGER,
    version      INTEGER NOT NULL,
    detail       TEXT NOT NULL,
    lease_owner  TEXT,
    lease_until  INTEGER,
    UNIQUE (authority, step)
) STRICT;
CREATE INDEX run_due ON run (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX run_unfinished ON run (created_at) WHERE finished = 0;
CREATE INDEX run_conversation ON run (conversation, created_at);
CREATE INDEX run_request ON run (request, step);
CREATE INDEX run_created ON run (created_at);

-- Messages on their way out, and after that what was said. `audience` is a person's id, or empty for
-- everybody in the thread. `opens` is 1 on the first row of a card and on every other message: those
-- are the lines of a transcript; the later rows of a card are new faces of that line.
CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    platform     TEXT NOT NULL,
    line         INTEGER NOT NULL,
    opens        INTEGER NOT NULL CHECK (opens IN (0, 1)),
    card         TEXT,
    audience     TEXT NOT NULL,
    body         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('unsent', 'sent', 'replaced', 'given_up')),
    posted       TEXT,
    attempts     INTEGER NOT NULL DEFAULT 0,
    not_before   INTEGER NOT NULL DEFAULT 0,
    lease_until  INTEGER NOT NULL DEFAULT 0,
    error        TEXT
) STRICT;
CREATE INDEX outbox_unsent ON outbox (platform, id) WHERE state = 'unsent';
CREATE INDEX outbox_head ON outbox (conversation, id) WHERE state = 'unsent';
CREATE INDEX outbox_lines ON outbox (conversation, line) WHERE opens = 1;
CREATE INDEX outbox_card ON outbox (conversation, card, id) WHERE card IS NOT NULL;

-- Operators' policies; the version counts all changes together.
CREATE TABLE tool_policy (
    tool    TEXT PRIMARY KEY,
    policy  TEXT NOT NULL CHECK (policy IN ('auto', 'approval_needed', 'never')),
    set_by  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    content TEXT
) STRICT;
CREATE TABLE policy_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO policy_version (id, version) VALUES (1, 0);

-- The audit log. The head is kept apart: it is the lock of every append, and shows a cut-off end.
CREATE TABLE audit_log (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    text     TEXT NOT NULL,
    client   TEXT,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
) STRICT;
CREATE TABLE audit_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
-- The hash is `audit::genesis()`.
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '36bef63421d72242c1de7c3dfcae7906b27586e9dd1f5ce6ee8573765ba52bc8');

-- Digests of secrets; the secrets themselves are nowhere.
CREATE TABLE token (
    secret     TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('link', 'session')),
    person     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_expires ON token (expires_at);

-- The directory. `seen_in` is the round of its product's sync that reported the row last: what an ended
-- round did not report is gone.
CREATE TABLE client (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    rmm     TEXT,
    product TEXT NOT NULL,
    seen_in INTEGER NOT NULL
) STRICT;
CREATE TABLE site (
    id        TEXT PRIMARY KEY,
    client    TEXT NOT NULL,
    name      TEXT NOT NULL,
    time_zone TEXT,
    product   TEXT NOT NULL,
    seen_in   INTEGER NOT NULL
) STRICT;
CREATE INDEX site_client ON site (client);
-- Whole in `detail`: a hundred thousand of them are read at once, and one value a row is the fastest.
CREATE TABLE device (
    id     TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    site   TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX device_client ON device (client);
CREATE INDEX device_site ON device (site);
CREATE TABLE pathway (
    device  TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    product TEXT NOT NULL CHECK (product IN ('rmm', 'automate', 'control')),
    id      TEXT NOT NULL,
    seen_in INTEGER NOT NULL,
    detail  TEXT NOT NULL,
    PRIMARY KEY (device, product),
    -- An agent is on one device.
    UNIQUE (product, id)
) STRICT;
CREATE TABLE script (
    product       TEXT NOT NULL CHECK (product IN ('rmm', 'automate', 'control')),
    id            TEXT NOT NULL,
    slug          TEXT NOT NULL,
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    params        TEXT,
    params_broken INTEGER NOT NULL CHECK (params_broken IN (0, 1)),
    expected_secs INTEGER,
    content       TEXT NOT NULL,
    seen_in       INTEGER NOT NULL,
    PRIMARY KEY (product, id)
) STRICT;
CREATE TABLE sync_state (
    product     TEXT PRIMARY KEY CHECK (product IN ('rmm', 'automate', 'control')),
    round       INTEGER NOT NULL,
    -- NULL: no sync is under way.
    position    TEXT,
    started_at  INTEGER,
    finished_at INTEGER,
    label       TEXT NOT NULL,
    done        INTEGER NOT NULL,
    total       INTEGER NOT NULL
) STRICT;

-- Nothing takes back what was logged. REPLACE does not fire delete triggers, hence the third one.
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Marks the file as Countersign's ("CSGN"), so that no other program's file is taken for one.
PRAGMA application_id = 1129531214;
