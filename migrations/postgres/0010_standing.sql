-- A yes given ahead: standing grants. The code is unique among those that are open.
CREATE TABLE standing_grant (
    id       TEXT PRIMARY KEY,
    code     TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'used_up', 'ended')),
    asked_at BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    detail   TEXT NOT NULL
);
CREATE UNIQUE INDEX standing_grant_code ON standing_grant (code) WHERE state IN ('proposed', 'active');
CREATE INDEX standing_grant_asked ON standing_grant (asked_at);
