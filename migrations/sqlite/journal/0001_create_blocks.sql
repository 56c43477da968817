-- One day of the journal. Times are nanoseconds since the epoch; hashes are 64-bit xxh3.

-- Records `first`..=`last`, packed (backend/store/src/block). The columns that a search looks at come before the body.
CREATE TABLE block (
    first        INTEGER PRIMARY KEY,
    last         INTEGER NOT NULL,
    received     INTEGER NOT NULL,
    at_min       INTEGER,
    at_max       INTEGER,
    observations INTEGER NOT NULL,
    raw_bytes    INTEGER NOT NULL,
    format       INTEGER NOT NULL,
    body         BLOB    NOT NULL
);

-- Which blocks have observations of a key, a correlation id or a trace id.
CREATE TABLE route (
    hash  INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (hash, block)
) WITHOUT ROWID;

-- Which blocks have which places of a partition. `low` and `high` are unsigned positions shifted to keep their order.
CREATE TABLE reach (
    place INTEGER NOT NULL,
    high  INTEGER NOT NULL,
    block INTEGER NOT NULL,
    low   INTEGER NOT NULL,
    PRIMARY KEY (place, high, block)
) WITHOUT ROWID;

-- Where reading goes on (SEM-13): carried over from the day before, so that one file tells.
CREATE TABLE resume (
    source    TEXT    NOT NULL,
    partition TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (source, partition)
) WITHOUT ROWID;

-- Identities of the pushed observations of a block, 8 bytes each, little endian; removed when they are forgotten.
CREATE TABLE ident (
    block    INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,
    idents   BLOB    NOT NULL
);
