INSERT INTO halt (kind, key, name, set_by, at, reason)
VALUES ('client', 'c1', 'Bluegum Vet', 'mia', 1790000000000000, 'don''t touch it');
