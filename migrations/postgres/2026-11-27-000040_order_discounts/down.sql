DROP INDEX offer_code_key;
CREATE UNIQUE INDEX offer_code ON offer (merchant_id, upper(code))
    WHERE redemption_code_type = 'FIXED' AND NOT archived;
ALTER TABLE offer DROP COLUMN code_key;
ALTER TABLE loyalty_reward DROP CONSTRAINT loyalty_reward_stock;
DROP INDEX order_discount_offer;
DROP INDEX order_discount_intent;
ALTER TABLE order_discount DROP COLUMN reason;
ALTER TABLE order_discount DROP COLUMN reason_code;
ALTER TABLE order_discount DROP COLUMN offer_id;
ALTER TABLE order_discount DROP COLUMN redemption_intent_id;
DROP INDEX redemption_intent_order;
ALTER TABLE redemption_intent DROP COLUMN order_id;
