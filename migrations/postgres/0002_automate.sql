-- A client's id in Automate, and the UUID of a device's board: what links and merges two products' rows.
ALTER TABLE client ADD COLUMN automate TEXT;
ALTER TABLE device ADD COLUMN bios_uuid TEXT;
