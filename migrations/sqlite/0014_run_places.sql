-- Through which product a run goes, and whose devices it is for ('' for nobody's): claims are counted by both.
ALTER TABLE run ADD COLUMN product TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN client TEXT NOT NULL DEFAULT '';
UPDATE run SET product = json_extract(detail, '$.call.product'),
    client = coalesce(json_extract(detail, '$.call.targets[0].client'), json_extract(detail, '$.call.client.client'), '');
CREATE INDEX run_lane ON run (product, client, due_at, id, lease_until) WHERE due_at IS NOT NULL;
CREATE INDEX run_held ON run (lease_until, product, client) WHERE lease_until IS NOT NULL;
DROP INDEX run_due;
