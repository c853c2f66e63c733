-- Rows as the second version writes them.
INSERT INTO client (id, name, rmm, automate, product, seen_in)
VALUES ('automate:12', 'Acme Dental', NULL, '12', 'automate', 1);
