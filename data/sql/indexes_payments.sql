-- Partial indexes of the second schema, alike on both databases.
-- A cashier has one open drawer at a time.
CREATE UNIQUE INDEX uq_drawer_open ON drawer (staff_id) WHERE closed_at IS NULL
--;
-- One favourite for the same destination and for the same bill.
CREATE UNIQUE INDEX uq_favourite_account ON favourite (member_id, kind, to_account) WHERE removed_at IS NULL AND to_account IS NOT NULL
--;
CREATE UNIQUE INDEX uq_favourite_bill ON favourite (member_id, kind, biller, reference) WHERE removed_at IS NULL AND biller IS NOT NULL
