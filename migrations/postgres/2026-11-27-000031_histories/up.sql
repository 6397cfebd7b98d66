-- Why somebody set points right or moved them by hand. It may tell of people, so it stands beside the books, goes with an erasure,
-- and is in no hash.
CREATE TABLE entry_reason (
    merchant_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (merchant_id, entry_id),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES entry (merchant_id, id)
);
SELECT wall_off_tenants('entry_reason');
SELECT show_persons('entry_reason', '
    EXISTS (SELECT FROM entry e WHERE e.merchant_id = entry_reason.merchant_id AND e.id = entry_reason.entry_id)');

-- When a hold was used, called off or noted as lapsed: what was held at an instant is asked later.
ALTER TABLE hold ADD COLUMN ended_at BIGINT;

-- Whose an account is and on which card never changes: entries stay where they were written.
CREATE TRIGGER account_stays_whose_it_is
BEFORE UPDATE OF merchant_id, id, person_id, loyalty_card_id ON account
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_stays_as_made
BEFORE UPDATE OF merchant_id, id, account_id, amount, until, created_at ON hold
FOR EACH ROW EXECUTE FUNCTION refuse_change();
