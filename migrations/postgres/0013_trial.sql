-- Plans that were only said, and what was done instead. A code is unique among those of which nothing was said yet;
-- `look_at` is NULL when it is not looked at any more.
CREATE TABLE trial (
    id       TEXT PRIMARY KEY,
    code     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    said     BIGINT NOT NULL CHECK (said IN (0, 1)),
    asked_at BIGINT NOT NULL,
    look_at  BIGINT,
    version  BIGINT NOT NULL,
    detail   TEXT NOT NULL
);
CREATE UNIQUE INDEX trial_unsaid ON trial (code) WHERE said = 0;
CREATE INDEX trial_code ON trial (code);
CREATE INDEX trial_look ON trial (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX trial_open ON trial (digest) WHERE look_at IS NOT NULL;
CREATE INDEX trial_asked ON trial (asked_at);

-- One more word for a policy.
ALTER TABLE tool_policy DROP CONSTRAINT tool_policy_policy_check;
ALTER TABLE tool_policy ADD CONSTRAINT tool_policy_policy_check
    CHECK (policy IN ('auto', 'approval_needed', 'plan_only', 'never'));
