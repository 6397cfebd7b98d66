DROP INDEX redemption_order;
DROP INDEX redemption_intent_open;
DROP INDEX redemption_intent_reward;
DROP INDEX redemption_intent_hold;
DROP INDEX redemption_intent_any_code;
DROP INDEX redemption_intent_code;
