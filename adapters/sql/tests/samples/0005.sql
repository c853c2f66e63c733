-- A secret that nobody has the key of any more.
INSERT INTO sealed (name, secret) VALUES ('slack/T0', '00');
