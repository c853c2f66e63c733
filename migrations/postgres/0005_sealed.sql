-- Secrets that come while the bot runs, sealed with a key that is not in the database.
CREATE TABLE sealed (
    name    TEXT COLLATE "C" PRIMARY KEY,
    -- Hexadecimal: which key, nonce, cipher text. Bound to the name.
    secret  TEXT COLLATE "C" NOT NULL
);
