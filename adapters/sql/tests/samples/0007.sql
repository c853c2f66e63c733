INSERT INTO away (person, delegate, until) VALUES ('p9', 'p8', 5);
