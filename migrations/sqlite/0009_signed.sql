-- Heads of the audit log's tree that were signed, and a salt for the hash of each entry.
ALTER TABLE audit_log ADD COLUMN salt TEXT;
CREATE TABLE audit_signed (
    -- The head is over the entries 1 to this one.
    size      INTEGER PRIMARY KEY,
    root      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    key       TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_signed_no_update BEFORE UPDATE ON audit_signed
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_signed_no_delete BEFORE DELETE ON audit_signed
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_signed_no_replace BEFORE INSERT ON audit_signed
WHEN EXISTS (SELECT 1 FROM audit_signed WHERE size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- What is done once by whichever process comes first.
CREATE TABLE once (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;
