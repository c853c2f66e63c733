-- The rules of the console: every version is kept, the newest counts.
CREATE TABLE rule_book (
    version BIGINT PRIMARY KEY,
    text    TEXT NOT NULL,
    set_by  TEXT NOT NULL,
    at      BIGINT NOT NULL
);
