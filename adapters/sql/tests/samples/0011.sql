INSERT INTO rule_book (version, text, set_by, at) VALUES (1, '[[rules]]
tool = "*"
quorum = 2
', 'p9', 5);
