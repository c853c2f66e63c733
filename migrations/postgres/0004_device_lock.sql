-- One write at a time on a device: from the commit that allows its send until the run is over.
CREATE TABLE device_lock (
    device TEXT PRIMARY KEY,
    run    TEXT NOT NULL
);
CREATE INDEX device_lock_run ON device_lock (run);
