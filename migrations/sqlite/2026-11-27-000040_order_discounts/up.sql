-- SQLite adds no foreign key of two columns to a table that is there: what these name is the merchant's, as the program writes it.
-- A promise that is on an open order is confirmed with it, and by nothing else.
ALTER TABLE redemption_intent ADD COLUMN order_id BIGINT;
CREATE INDEX redemption_intent_order ON redemption_intent (merchant_id, order_id) WHERE order_id IS NOT NULL;

-- What a discount was put on its order by: a promise, or an offer's code for everybody. And why it takes nothing off, as long as it
-- does not.
ALTER TABLE order_discount ADD COLUMN redemption_intent_id BIGINT;
ALTER TABLE order_discount ADD COLUMN offer_id BIGINT;
ALTER TABLE order_discount ADD COLUMN reason_code TEXT;
ALTER TABLE order_discount ADD COLUMN reason TEXT;
CREATE INDEX order_discount_intent ON order_discount (merchant_id, redemption_intent_id)
    WHERE redemption_intent_id IS NOT NULL;
CREATE INDEX order_discount_offer ON order_discount (merchant_id, offer_id) WHERE offer_id IS NOT NULL;

-- No more is handed out than there is.
UPDATE loyalty_reward SET stock = 0 WHERE stock < 0;
CREATE TRIGGER loyalty_reward_stock BEFORE UPDATE OF stock ON loyalty_reward WHEN NEW.stock < 0 BEGIN
    SELECT RAISE(ABORT, 'a reward has less than no stock');
END;

-- One code for everybody names one offer as long as it is in use, in the form in which codes are compared: in any case, without spaces
-- and hyphens. Of two that differed in those alone the newer redeems nothing until it is given another.
ALTER TABLE offer ADD COLUMN code_key TEXT;
UPDATE offer SET code_key = lower(replace(replace(code, ' ', ''), '-', '')) WHERE redemption_code_type = 'FIXED';
UPDATE offer SET code_key = NULL WHERE redemption_code_type = 'FIXED' AND NOT archived AND EXISTS (
    SELECT 1 FROM offer older WHERE older.merchant_id = offer.merchant_id AND older.id < offer.id
        AND older.redemption_code_type = 'FIXED' AND NOT older.archived
        AND lower(replace(replace(older.code, ' ', ''), '-', '')) = lower(replace(replace(offer.code, ' ', ''), '-', ''))
);
DROP INDEX offer_code;
CREATE UNIQUE INDEX offer_code_key ON offer (merchant_id, code_key)
    WHERE redemption_code_type = 'FIXED' AND NOT archived;
