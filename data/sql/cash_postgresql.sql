-- A drawer or vault can't give cash that it hasn't got: its balance is what the cooperative holds there, with a minus.
ALTER TABLE account ADD CONSTRAINT no_overdraft_cash CHECK (balance <= 0 OR member_id IS NOT NULL OR product NOT IN ('drawer', 'vault'))
