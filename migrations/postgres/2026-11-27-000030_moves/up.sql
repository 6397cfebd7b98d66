-- The lot of another account whose points this one holds now: they were moved, and kept their time.
ALTER TABLE lot ADD COLUMN moved_from BIGINT;
ALTER TABLE lot ADD FOREIGN KEY (merchant_id, moved_from) REFERENCES lot (merchant_id, id);
CREATE INDEX lot_moved ON lot (merchant_id, moved_from) WHERE moved_from IS NOT NULL;

DROP TRIGGER lot_is_only_used ON lot;
CREATE TRIGGER lot_is_only_used
BEFORE UPDATE OF merchant_id, id, account_id, entry_id, amount, active_from, expires_at, revives, moved_from ON lot
FOR EACH ROW EXECUTE FUNCTION refuse_change();
