-- Runs of single devices, and the run of the whole call that began them.
ALTER TABLE run ADD COLUMN parent TEXT;
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;
