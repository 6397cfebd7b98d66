-- A promise becomes one redemption at most.
CREATE UNIQUE INDEX redemption_of_intent ON redemption (merchant_id, redemption_intent_id)
    WHERE redemption_intent_id IS NOT NULL;
-- What an account holds, among all that it ever held.
CREATE INDEX lot_held ON lot (merchant_id, account_id) WHERE remaining > 0;
CREATE INDEX seal_head_account ON seal_head (merchant_id, account_id, account_seq);
CREATE TRIGGER earning_line_is_never_changed BEFORE UPDATE ON earning_line BEGIN
    SELECT RAISE(ABORT, 'what lines earned is never changed');
END;
CREATE TRIGGER earning_line_is_never_deleted BEFORE DELETE ON earning_line BEGIN
    SELECT RAISE(ABORT, 'what lines earned is never deleted');
END;
