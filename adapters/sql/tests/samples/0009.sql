INSERT INTO audit_signed (size, root, at, key, signature) VALUES (1, 'aa', 5, 'bb', 'cc');
INSERT INTO once (name, at) VALUES ('audit head of 2026-09-01', 5);
