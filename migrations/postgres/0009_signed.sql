-- Heads of the audit log's tree that were signed, and a salt for the hash of each entry.
ALTER TABLE audit_log ADD COLUMN salt TEXT;
CREATE TABLE audit_signed (
    -- The head is over the entries 1 to this one.
    size      BIGINT PRIMARY KEY,
    root      TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    key       TEXT COLLATE "C" NOT NULL,
    signature TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER audit_signed_no_update BEFORE UPDATE OR DELETE ON audit_signed
FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_signed_no_truncate BEFORE TRUNCATE ON audit_signed
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- What is done once by whichever process comes first.
CREATE TABLE once (
    name TEXT COLLATE "C" PRIMARY KEY,
    at   BIGINT NOT NULL
);
