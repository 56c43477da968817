-- Pieces of state lie in a table with row numbers now. Without them a piece lay in the cell of the tree that its key is looked
-- up in, and every key compared with that of a large piece (traces sealed together: some megabytes) read all of the piece.
CREATE TABLE state_by_row (
    row   INTEGER PRIMARY KEY,
    space INTEGER NOT NULL,
    key   BLOB    NOT NULL,
    value BLOB    NOT NULL,
    UNIQUE (space, key)
);
INSERT INTO state_by_row (space, key, value) SELECT space, key, value FROM state;
DROP TABLE state;
ALTER TABLE state_by_row RENAME TO state;
