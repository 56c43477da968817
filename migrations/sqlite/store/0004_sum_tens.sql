-- Sums of ten minutes, beside those of an hour: half a day in points of ten minutes is read from 72 rows of a series and not
-- from 720. Mark `tens_until`: the first ten minutes that are not summed.
CREATE TABLE rollup_ten (
    kind   INTEGER NOT NULL,
    ten    INTEGER NOT NULL, -- tens of minutes since the epoch
    series INTEGER NOT NULL,
    amount BLOB    NOT NULL,
    PRIMARY KEY (kind, ten, series)
) WITHOUT ROWID;
CREATE INDEX rollup_ten_by_series ON rollup_ten (series, ten);
CREATE INDEX rollup_ten_by_ten ON rollup_ten (ten);
