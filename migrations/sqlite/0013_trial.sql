-- Plans that were only said, and what was done instead. A code is unique among those of which nothing was said yet;
-- `look_at` is NULL when it is not looked at any more.
CREATE TABLE trial (
    id       TEXT PRIMARY KEY,
    code     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    said     INTEGER NOT NULL CHECK (said IN (0, 1)),
    asked_at INTEGER NOT NULL,
    look_at  INTEGER,
    version  INTEGER NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX trial_unsaid ON trial (code) WHERE said = 0;
CREATE INDEX trial_code ON trial (code);
CREATE INDEX trial_look ON trial (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX trial_open ON trial (digest) WHERE look_at IS NOT NULL;
CREATE INDEX trial_asked ON trial (asked_at);

-- One more word for a policy; a check cannot be changed in place.
CREATE TABLE tool_policy_with_plan (
    tool    TEXT PRIMARY KEY,
    policy  TEXT NOT NULL CHECK (policy IN ('auto', 'approval_needed', 'plan_only', 'never')),
    set_by  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    content TEXT
) STRICT;
INSERT INTO tool_policy_with_plan (tool, policy, set_by, at, content)
    SELECT tool, policy, set_by, at, content FROM tool_policy;
DROP TABLE tool_policy;
ALTER TABLE tool_policy_with_plan RENAME TO tool_policy;
