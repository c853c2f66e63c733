-- What machines told of themselves, and when each was asked: before the question goes out.
CREATE TABLE inventory (
    session  TEXT PRIMARY KEY,
    asked_at INTEGER NOT NULL,
    read_at  INTEGER,
    detail   TEXT
) STRICT;
CREATE INDEX inventory_asked ON inventory (asked_at);
