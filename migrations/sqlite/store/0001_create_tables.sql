-- What was told and what is kept: everything beside the journal. Times are nanoseconds since the epoch, `body` is the
-- whole thing (backend/store/src/rows.rs); the other columns are what lists are filtered and sorted by.

-- Positions in the journal: `applied`, `state`; and `hours_until` (hours of rollups that are summed).
CREATE TABLE mark (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE state (
    space INTEGER NOT NULL,
    key   BLOB    NOT NULL,
    value BLOB    NOT NULL,
    PRIMARY KEY (space, key)
) WITHOUT ROWID;

CREATE TABLE finding (
    id        INTEGER PRIMARY KEY,
    rule      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    entity    TEXT,
    replica   TEXT,
    key       TEXT,
    saga      TEXT,
    instance  TEXT,
    step      TEXT,
    service   TEXT,
    operation TEXT,
    began     INTEGER NOT NULL, -- `since`; the least number where that is not known
    opened    INTEGER NOT NULL,
    closed    INTEGER NOT NULL, -- 0 open, 1 resolved
    resolved  INTEGER,
    incident  INTEGER,
    body      BLOB    NOT NULL
);
CREATE INDEX finding_by_opened ON finding (opened, id);
CREATE INDEX finding_by_closed_opened ON finding (closed, opened, id);
CREATE INDEX finding_by_closed_began ON finding (closed, began, id);
CREATE INDEX finding_by_place ON finding (closed, rule, reason, entity, replica, saga, step);
CREATE INDEX finding_by_replica ON finding (entity, replica, closed, opened, id);
CREATE INDEX finding_by_key ON finding (entity, key, opened);
CREATE INDEX finding_by_instance ON finding (saga, instance, opened);
CREATE INDEX finding_by_incident ON finding (incident, opened);
CREATE INDEX finding_by_resolved ON finding (resolved);

CREATE TABLE series (
    id   INTEGER PRIMARY KEY, -- hash of the body
    kind INTEGER NOT NULL,
    body BLOB    NOT NULL
);
CREATE INDEX series_by_kind ON series (kind);

CREATE TABLE rollup_minute (
    kind   INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    series INTEGER NOT NULL,
    amount BLOB    NOT NULL,
    PRIMARY KEY (kind, minute, series)
) WITHOUT ROWID;
CREATE INDEX rollup_minute_by_series ON rollup_minute (series, minute);
CREATE INDEX rollup_minute_by_minute ON rollup_minute (minute);

CREATE TABLE rollup_hour (
    kind   INTEGER NOT NULL,
    hour   INTEGER NOT NULL,
    series INTEGER NOT NULL,
    amount BLOB    NOT NULL,
    PRIMARY KEY (kind, hour, series)
) WITHOUT ROWID;
CREATE INDEX rollup_hour_by_series ON rollup_hour (series, hour);
CREATE INDEX rollup_hour_by_hour ON rollup_hour (hour);

CREATE TABLE saga (
    row         INTEGER PRIMARY KEY,
    saga        TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    run         INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    open        INTEGER NOT NULL,
    badness     INTEGER NOT NULL, -- 0 is the worst
    wait        INTEGER NOT NULL, -- sorts the longest wait first; of ended ones the newest first
    last        INTEGER NOT NULL,
    started     INTEGER,
    waiting_for TEXT,
    body        BLOB    NOT NULL,
    UNIQUE (saga, instance, run)
);
CREATE INDEX saga_by_badness ON saga (badness, wait, row);
CREATE INDEX saga_by_saga_badness ON saga (saga, badness, wait, row);
CREATE INDEX saga_by_last ON saga (last, row);
CREATE INDEX saga_by_instance ON saga (instance);
CREATE INDEX saga_by_open ON saga (open, saga, state, waiting_for);

CREATE TABLE trace (
    row        INTEGER PRIMARY KEY,
    trace      BLOB    NOT NULL UNIQUE,
    start      INTEGER NOT NULL,
    duration   INTEGER NOT NULL,
    service    INTEGER NOT NULL, -- hashes of the names, which are in the body
    operation  INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    incomplete INTEGER NOT NULL,
    body       BLOB    NOT NULL
);
CREATE INDEX trace_by_start ON trace (start, duration);
CREATE INDEX trace_by_duration ON trace (duration, start);
CREATE INDEX trace_by_service ON trace (service, start, duration);
CREATE INDEX trace_by_operation ON trace (operation, start, duration);
CREATE INDEX trace_by_failure ON trace (start, duration) WHERE failed = 1;

CREATE TABLE incident (
    id       INTEGER PRIMARY KEY,
    number   INTEGER NOT NULL UNIQUE,
    state    TEXT    NOT NULL,
    rule     TEXT    NOT NULL,
    opened   INTEGER NOT NULL,
    resolved INTEGER,
    body     BLOB    NOT NULL
);
CREATE INDEX incident_by_state ON incident (state, number);
CREATE INDEX incident_by_resolved ON incident (resolved);

CREATE TABLE decision (
    row      INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL,
    body     BLOB    NOT NULL
);
CREATE INDEX decision_by_incident ON decision (incident, row);

CREATE TABLE message (
    row      INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL UNIQUE,
    receiver TEXT    NOT NULL,
    incident INTEGER NOT NULL,
    state    INTEGER NOT NULL, -- 0 waiting, 1 delivered, 2 dead
    due      INTEGER NOT NULL, -- when it is to be tried; when it ended, once it did
    attempts INTEGER NOT NULL,
    body     BLOB    NOT NULL
);
CREATE INDEX message_by_due ON message (state, due, row);
CREATE INDEX message_by_incident ON message (incident, row);
CREATE INDEX message_by_receiver ON message (receiver, state);

CREATE TABLE attempt (
    message INTEGER NOT NULL, -- its row
    number  INTEGER NOT NULL, -- from 1
    at      INTEGER NOT NULL,
    took    INTEGER NOT NULL,
    status  INTEGER,
    note    TEXT    NOT NULL,
    outcome INTEGER NOT NULL, -- 0 to be tried again, 1 delivered, 2 dead
    retry   INTEGER,
    PRIMARY KEY (message, number)
) WITHOUT ROWID;

CREATE TABLE issue (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    ident       INTEGER NOT NULL UNIQUE, -- hash of what makes it the same one
    source      TEXT    NOT NULL,
    partition   TEXT    NOT NULL,
    position    TEXT    NOT NULL,
    received    INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    place       TEXT    NOT NULL,
    bytes       BLOB    NOT NULL,
    bytes_total INTEGER NOT NULL
);
CREATE INDEX issue_by_source ON issue (source, id);

CREATE TABLE issue_count (
    source TEXT    PRIMARY KEY,
    total  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE meta (
    space TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (space, key)
) WITHOUT ROWID;
