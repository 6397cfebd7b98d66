-- The lot of another account whose points this one holds now: they were moved, and kept their time.
ALTER TABLE lot ADD COLUMN moved_from BIGINT;
CREATE INDEX lot_moved ON lot (merchant_id, moved_from) WHERE moved_from IS NOT NULL;

DROP TRIGGER lot_is_only_used;
CREATE TRIGGER lot_is_only_used
BEFORE UPDATE OF merchant_id, id, account_id, entry_id, amount, active_from, expires_at, revives, moved_from ON lot BEGIN
    SELECT RAISE(ABORT, 'of a lot only the remainder changes');
END;
