-- The rules of the console: every version is kept, the newest counts.
CREATE TABLE rule_book (
    version INTEGER PRIMARY KEY,
    text    TEXT NOT NULL,
    set_by  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
