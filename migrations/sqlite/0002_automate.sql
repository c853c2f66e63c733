-- A client's id in Automate, for what asks about one client there.
ALTER TABLE client ADD COLUMN automate TEXT;

-- What a person decided about a client of one product. Without a row, only an equal name links.
CREATE TABLE client_link (
    client TEXT PRIMARY KEY,
    kind   TEXT NOT NULL CHECK (kind IN ('linked', 'own', 'out')),
    -- The client of another product that it is.
    target TEXT,
    set_by TEXT NOT NULL,
    at     INTEGER NOT NULL,
    CHECK ((kind = 'linked') = (target IS NOT NULL))
) STRICT;
-- Products of which only the clients that somebody decided about are taken in.
CREATE TABLE client_scope (
    product TEXT PRIMARY KEY CHECK (product IN ('rmm', 'automate', 'control')),
    set_by  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
