-- A client's id in Automate, for what asks about one client there.
ALTER TABLE client ADD COLUMN automate TEXT;
