-- Rows as the version with migration 1 writes them. Later migrations meet them in a test, and the store
-- must still read them: add rows for a new shape, leave these as they are.

INSERT INTO conversation (id, platform, channel, thread, context, version, lines, active_at, lease_owner, lease_until)
VALUES ('console/desk/main', 'console', 'desk', 'main', '{"client":"c1","devices":["d1"],"listed":["d1"],"calls":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","arguments":{"days":7}}],"question":{"text":"Which one?","options":[{"label":"MARIA-LT-01 (Bluegum Vet)","detail":"laptop, online","drafts":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","arguments":{"days":7},"devices":[{"phrase":"maria''s laptop"},{"device":"d1"},{"all":{"servers":true}}],"client":{"phrase":"bluegum"}}]}],"awaits":{"device":{"drafts":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","arguments":{"days":7},"devices":[{"phrase":"maria''s laptop"},{"device":"d1"},{"all":{"servers":true}}],"client":{"phrase":"bluegum"}}],"draft":0,"mention":0}}},"questions_asked":1}', 1, 5, 1790000021000000, NULL, NULL);

INSERT INTO inbox (platform, event_id, conversation, line, kind, account, body, at, done)
VALUES ('console', '1', 'console/desk/main', 1, 'text', '{"platform":"console","id":"ana"}', '{"text":"run disk cleanup on maria''s laptop"}', 1790000000000000, 1);
INSERT INTO inbox (platform, event_id, conversation, line, kind, account, body, at, done)
VALUES ('console', '2', 'console/desk/main', 4, 'click', '{"platform":"console","id":"ana"}', '{"click":{"do":"deny","approval":"a2"}}', 1790000020000000, 0);
INSERT INTO inbox (platform, event_id, conversation, line, kind, account, body, at, done)
VALUES ('console', '3', 'console/desk/main', 5, 'text', '{"platform":"console","id":"ana"}', '{"text":"it''s urgent"}', 1790000021000000, 0);

INSERT INTO request (id, conversation, person, text, at)
VALUES ('r1', 'console/desk/main', 'ana', 'run disk cleanup on maria''s laptop', 1790000000000000);

INSERT INTO approval (id, code, request, conversation, requester, digest, state, asked_at, expires_at, version, detail)
VALUES ('a2', 'm3xt', 'r1', 'console/desk/main', 'ana', 'c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c', 'waiting', 1790000020000000, 1790000620000000, 1, '{"id":"a2","code":"M3XT","request":"r1","conversation":"console/desk/main","requester":"ana","plan":{"calls":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","title":"Disk Cleanup","product":"rmm","effect":"write","arguments":{"days":7},"targets":[{"device":"dev-1","name":"MARIA-LT-01","client":"c1","client_name":"Bluegum Vet","site_name":null,"server":false,"online":true,"user":null,"rmm":"7b1f","automate":null,"control":null,"why":["last log-on"],"from_outside":false}],"client":null,"script":null}],"policy":"0f3c"},"digest":"c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c","reason":"scripts need an approval","quorum":{"needed":1,"self_approval":false},"approvers":[],"asked":"run disk cleanup on pc1","decisions":[],"asked_at":"2026-09-21T14:13:40Z","expires_at":"2026-09-21T14:23:40Z","state":{"is":"waiting"},"version":1}');
INSERT INTO approval (id, code, request, conversation, requester, digest, state, asked_at, expires_at, version, detail)
VALUES ('a1', 'k7qf', 'r1', 'console/desk/main', 'ana', 'c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c', 'approved', 1790000010000000, 1790000610000000, 1, '{"id":"a1","code":"K7QF","request":"r1","conversation":"console/desk/main","requester":"ana","plan":{"calls":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","title":"Disk Cleanup","product":"rmm","effect":"write","arguments":{"days":7},"targets":[{"device":"dev-1","name":"MARIA-LT-01","client":"c1","client_name":"Bluegum Vet","site_name":null,"server":false,"online":true,"user":null,"rmm":"7b1f","automate":null,"control":null,"why":["last log-on"],"from_outside":false}],"client":null,"script":null}],"policy":"0f3c"},"digest":"c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c","reason":"scripts need an approval","quorum":{"needed":1,"self_approval":false},"approvers":[],"asked":"run disk cleanup on pc1","decisions":[{"by":"ben","at":"2026-09-21T14:13:35Z"}],"asked_at":"2026-09-21T14:13:30Z","expires_at":"2026-09-21T14:23:30Z","state":{"is":"approved","at":"2026-09-21T14:13:35Z"},"version":1}');
INSERT INTO approval (id, code, request, conversation, requester, digest, state, asked_at, expires_at, version, detail)
VALUES ('a3', 'p9rd', 'r1', 'console/desk/main', 'ana', 'c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c', 'denied', 1790000005000000, 1790000605000000, 1, '{"id":"a3","code":"P9RD","request":"r1","conversation":"console/desk/main","requester":"ana","plan":{"calls":[{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","title":"Disk Cleanup","product":"rmm","effect":"write","arguments":{"days":7},"targets":[{"device":"dev-1","name":"MARIA-LT-01","client":"c1","client_name":"Bluegum Vet","site_name":null,"server":false,"online":true,"user":null,"rmm":"7b1f","automate":null,"control":null,"why":["last log-on"],"from_outside":false}],"client":null,"script":null}],"policy":"0f3c"},"digest":"c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c","reason":"scripts need an approval","quorum":{"needed":1,"self_approval":false},"approvers":[],"asked":"run disk cleanup on pc1","decisions":[],"asked_at":"2026-09-21T14:13:25Z","expires_at":"2026-09-21T14:23:25Z","state":{"is":"denied","by":"ben","at":"2026-09-21T14:13:35Z","reason":"not today"},"version":1}');

INSERT INTO run (id, request, conversation, authority, step, approval, tool, state, finished, created_at, due_at, version, detail, lease_owner, lease_until)
VALUES ('run1', 'r1', 'console/desk/main', 'approval:a1', 0, 'a1', 'connectwise_rmm:cw-rmm-script-disk-cleanup', 'succeeded', 1, 1790000015000000, NULL, 1, '{"id":"run1","request":"r1","conversation":"console/desk/main","requester":"ana","authority":{"by":"approval","id":"a1","plan":"c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c"},"step":0,"rest":[],"call":{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","title":"Disk Cleanup","product":"rmm","effect":"write","arguments":{"days":7},"targets":[{"device":"dev-1","name":"MARIA-LT-01","client":"c1","client_name":"Bluegum Vet","site_name":null,"server":false,"online":true,"user":null,"rmm":"7b1f","automate":null,"control":null,"why":["last log-on"],"from_outside":false}],"client":null,"script":null},"digest":"7c5ce1b2b4a950f9186ffbeacaf9317623982c1ab8f78221481d3aa3e06c8fde","marker":"CS-run1","facts":[],"card":"run-run1","state":{"is":"succeeded","at":"2026-09-21T14:14:00Z"},"trace":{"targets":[{"device":"MARIA-LT-01 (Bluegum Vet)","status":"succeeded","raw_status":"Success","output":"freed 12 GB","errors":""}],"ticket":{"id":"t1","number":"1042","summary":"Disk full","url":null},"notes":["task a4d7"],"before":[{"device":"MARIA-LT-01","what":"free on C:","value":1,"unit":"bytes"}],"after":[]},"created_at":"2026-09-21T14:13:35Z","due_at":null,"version":1}', NULL, NULL);
INSERT INTO run (id, request, conversation, authority, step, approval, tool, state, finished, created_at, due_at, version, detail, lease_owner, lease_until)
VALUES ('run2', 'r1', 'console/desk/main', 'auto:r1', 0, NULL, 'connectwise_rmm:cw-rmm-script-disk-cleanup', 'running', 0, 1790000016000000, 1790000016000000, 1, '{"id":"run2","request":"r1","conversation":"console/desk/main","requester":"ana","authority":{"by":"auto","reason":"the tool''s default policy","asked":"run it"},"step":0,"rest":[],"call":{"tool":"connectwise_rmm:cw-rmm-script-disk-cleanup","title":"Disk Cleanup","product":"rmm","effect":"write","arguments":{"days":7},"targets":[{"device":"dev-1","name":"MARIA-LT-01","client":"c1","client_name":"Bluegum Vet","site_name":null,"server":false,"online":true,"user":null,"rmm":"7b1f","automate":null,"control":null,"why":["last log-on"],"from_outside":false}],"client":null,"script":null},"digest":"7c5ce1b2b4a950f9186ffbeacaf9317623982c1ab8f78221481d3aa3e06c8fde","marker":"CS-run2","facts":[],"card":"run-run2","state":{"is":"running","handle":"task-9","since":"2026-09-21T14:13:37Z"},"trace":{"targets":[],"ticket":null,"notes":[],"before":[],"after":[]},"created_at":"2026-09-21T14:13:36Z","due_at":"2026-09-21T14:13:36Z","version":1}', NULL, NULL);

INSERT INTO outbox (conversation, platform, line, opens, card, audience, body, at, state, posted, attempts, not_before, lease_until, error)
VALUES ('console/desk/main', 'console', 2, 1, 'approval-a2', '', '{"card":"approval-a2","audience":"thread","summary":"ana asks: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)","blocks":[{"title":{"text":"Disk Cleanup","tone":"waiting"}},{"text":"on MARIA-LT-01"},{"fields":[{"name":"Client","value":"Bluegum Vet"}]},{"table":{"columns":["Device"],"rows":[["MARIA-LT-01"]],"more":3}},{"code":{"text":"ok","cut":0}},{"progress":{"done":1,"total":2,"label":"running"}},{"meter":{"label":"C:","percent":91,"detail":"19 GB free"}},{"note":"as of 09:15 UTC"},{"link":{"label":"Ticket","url":"https://rmm.example/1042"}},{"buttons":[{"label":"Approve","style":"go","action":{"do":"approve","approval":"a2","seen":"c8bbb0d78c9ac598078524b888a6364e0276a09903673b4dc69c860289303a2c"}}]},{"choices":{"options":[{"label":"MARIA-LT-01","detail":"laptop","action":{"do":"pick","question":1,"option":0}}]}}]}', 1790000010000000, 'sent', 'm1', 0, 0, 0, NULL);
INSERT INTO outbox (conversation, platform, line, opens, card, audience, body, at, state, posted, attempts, not_before, lease_until, error)
VALUES ('console/desk/main', 'console', 3, 1, NULL, 'ben', '{"card":null,"audience":{"person":"ben"},"summary":"only you","blocks":[{"text":"only you"}]}', 1790000011000000, 'unsent', NULL, 0, 0, 0, NULL);

INSERT INTO tool_policy (tool, policy, set_by, at, content)
VALUES ('connectwise_rmm:cw-rmm-script-disk-cleanup', 'approval_needed', 'ana', 1790000002000000, '3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe');

UPDATE policy_version SET version = 1 WHERE id = 1;

INSERT INTO audit_log (seq, at, actor, kind, subject, text, client, previous, hash)
VALUES (1, 1790000000000000, 'ana', 'request', '{"a":[null,0.1,1e+300,"ä"],"b":1,"request":"r1"}', 'something changed', 'Bluegum Vet', '36bef63421d72242c1de7c3dfcae7906b27586e9dd1f5ce6ee8573765ba52bc8', '435782efee1162adae65c3046cbf6fc7b565f772118925a1e9e61c9706d059b5');
INSERT INTO audit_log (seq, at, actor, kind, subject, text, client, previous, hash)
VALUES (2, 1790000000000000, 'ana', 'request', '{"a":[null,0.1,1e+300,"ä"],"b":1,"request":"r1"}', 'something changed', 'Bluegum Vet', '435782efee1162adae65c3046cbf6fc7b565f772118925a1e9e61c9706d059b5', 'd1dcb6f7d18f75592f74127448e5afd32f8fd5c14d973a7798a5e365d06bdc41');

UPDATE audit_head SET seq = 2, hash = 'd1dcb6f7d18f75592f74127448e5afd32f8fd5c14d973a7798a5e365d06bdc41' WHERE id = 1;

INSERT INTO token (secret, kind, person, expires_at)
VALUES ('d7e83e28a04b537e64424546b14caf9b67bad2f28dabce68116e0d372319fa00', 'session', 'ana', 1790000999000000);

INSERT INTO client (id, name, rmm, product, seen_in)
VALUES ('c1', 'Bluegum Vet', 'rmm-c1', 'rmm', 1);

INSERT INTO site (id, client, name, time_zone, product, seen_in)
VALUES ('s1', 'c1', 'Site s1', 'Australia/Sydney', 'rmm', 1);

INSERT INTO device (id, client, site, detail)
VALUES ('d1', 'c1', 's1', '{"id":"d1","name":"D1","friendly_name":null,"client":"c1","site":"s1","class":"laptop","os":"Windows 11 Pro","model":"Latitude 5440","serial":null,"rmm":null,"automate":null,"control":null,"log_ons":[{"user":"BLUEGUM\\maria","at":"2026-09-21T14:13:29Z"}],"read_at":"2026-09-21T14:13:20Z"}');

INSERT INTO pathway (device, product, id, detail, seen_in)
VALUES ('d1', 'rmm', 'rmm-d1', '["d1","rmm",{"id":"rmm-d1","online":true,"seen_at":"2026-09-21T14:13:20Z"}]', 1);
INSERT INTO pathway (device, product, id, detail, seen_in)
VALUES ('d1', 'automate', '12', '["d1","automate",{"id":"12","online":false,"seen_at":null}]', 0);

INSERT INTO script (product, id, slug, name, description, params, params_broken, expected_secs, content, seen_in)
VALUES ('rmm', '9d3c', 'slug-9d3c', 'Script 9d3c', 'Cleans "things"; don''t worry', '{"properties":{"a":{},"z":{}},"type":"object"}', 0, 120, 'f35d03abc42de4fb64b4e406db16125b046dd89ab48dfb7b5513ad542a3e7834', 1);

INSERT INTO sync_state (product, round, position, started_at, finished_at, label, done, total)
VALUES ('rmm', 1, NULL, 1790000030000000, 1790000030000000, 'done', 1, 1);
