-- The hash and the time of an account's latest entry: the next one chains to it.
ALTER TABLE account ADD COLUMN head BYTEA;
ALTER TABLE account ADD COLUMN head_at BIGINT NOT NULL DEFAULT 0;

-- The expired lot whose points this one brings back for a while.
ALTER TABLE lot ADD COLUMN revives BIGINT;
ALTER TABLE lot ADD FOREIGN KEY (merchant_id, revives) REFERENCES lot (merchant_id, id);
CREATE INDEX lot_revives ON lot (merchant_id, revives) WHERE revives IS NOT NULL;
CREATE INDEX lot_entry ON lot (merchant_id, entry_id);

-- What came of a sale, and what took it back.
CREATE INDEX entry_cause ON entry (merchant_id, cause_id, cause) WHERE cause_id IS NOT NULL;
CREATE INDEX entry_reverses ON entry (merchant_id, reverses) WHERE reverses IS NOT NULL;
-- What a day's caps count.
CREATE INDEX entry_earned ON entry (merchant_id, account_id, business_date) WHERE kind = 'earn';

-- What a worker looks for: lots that have expired, holds that have lapsed.
CREATE INDEX lot_expiry ON lot (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
CREATE INDEX hold_open ON hold (until) WHERE state = 'OPEN';

CREATE TRIGGER lot_is_never_deleted BEFORE DELETE ON lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_is_only_used
BEFORE UPDATE OF merchant_id, id, account_id, entry_id, amount, active_from, expires_at, revives ON lot
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_use_is_never_deleted BEFORE DELETE ON lot_use FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_use_is_never_changed BEFORE UPDATE ON lot_use FOR EACH ROW EXECUTE FUNCTION refuse_change();
