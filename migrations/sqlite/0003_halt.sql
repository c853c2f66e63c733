-- The kill switch: what is halted does not start. `key` is empty for everything.
CREATE TABLE halt (
    kind   TEXT NOT NULL CHECK (kind IN ('everything', 'client', 'tool', 'person')),
    key    TEXT NOT NULL,
    name   TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at     INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (kind, key)
) STRICT;
