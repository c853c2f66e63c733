-- Devices that runs were sent to, for the caps; rows older than an hour go with the next send.
CREATE TABLE touch (
    run    TEXT NOT NULL,
    device TEXT NOT NULL,
    client TEXT NOT NULL,
    tool   TEXT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (run, device)
);
CREATE INDEX touch_at ON touch (at);
