-- When the next approvers come in, and who decides for whom meanwhile.
ALTER TABLE approval ADD COLUMN escalates_at INTEGER;
CREATE INDEX approval_due ON approval (coalesce(escalates_at, expires_at)) WHERE state = 'waiting';
CREATE TABLE away (
    person   TEXT PRIMARY KEY,
    delegate TEXT NOT NULL,
    until    INTEGER NOT NULL
) STRICT;
