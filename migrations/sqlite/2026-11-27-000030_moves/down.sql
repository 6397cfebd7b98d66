DROP TRIGGER lot_is_only_used;
DROP INDEX lot_moved;
ALTER TABLE lot DROP COLUMN moved_from;
CREATE TRIGGER lot_is_only_used
BEFORE UPDATE OF merchant_id, id, account_id, entry_id, amount, active_from, expires_at, revives ON lot BEGIN
    SELECT RAISE(ABORT, 'of a lot only the remainder changes');
END;
