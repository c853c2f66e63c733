-- Secrets that come while the bot runs, sealed with a key that is not in the database.
CREATE TABLE sealed (
    name    TEXT PRIMARY KEY,
    -- Hexadecimal: which key, nonce, cipher text. Bound to the name.
    secret  TEXT NOT NULL
) STRICT;
