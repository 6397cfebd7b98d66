-- A code names one open promise of a merchant's. What lapsed before it was noted gives its code up first.
UPDATE redemption_intent SET state = 'LAPSED' WHERE state = 'OPEN' AND EXISTS (
    SELECT 1 FROM redemption_intent newer WHERE newer.merchant_id = redemption_intent.merchant_id
        AND newer.code = redemption_intent.code AND newer.state = 'OPEN' AND newer.id > redemption_intent.id
);
CREATE UNIQUE INDEX redemption_intent_code ON redemption_intent (merchant_id, code) WHERE state = 'OPEN';
CREATE INDEX redemption_intent_any_code ON redemption_intent (merchant_id, code);
CREATE INDEX redemption_intent_hold ON redemption_intent (merchant_id, hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX redemption_intent_reward ON redemption_intent (loyalty_reward_id)
    WHERE state = 'OPEN' AND loyalty_reward_id IS NOT NULL;
CREATE INDEX redemption_intent_open ON redemption_intent (expires_at) WHERE state = 'OPEN' AND hold_id IS NULL;
CREATE INDEX redemption_order ON redemption (merchant_id, order_id) WHERE order_id IS NOT NULL;
