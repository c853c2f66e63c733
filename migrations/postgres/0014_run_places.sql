-- Through which product a run goes, and whose devices it is for ('' for nobody's): claims are counted by both.
ALTER TABLE run ADD COLUMN product TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN client TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE run SET product = detail::json #>> '{call,product}',
    client = coalesce(detail::json #>> '{call,targets,0,client}', detail::json #>> '{call,client,client}', '');
CREATE INDEX run_lane ON run (product, client, due_at, id, lease_until) WHERE due_at IS NOT NULL;
CREATE INDEX run_held ON run (lease_until, product, client) WHERE lease_until IS NOT NULL;
DROP INDEX run_due;
