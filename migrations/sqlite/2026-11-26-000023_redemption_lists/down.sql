DROP INDEX redemption_of_offer;
DROP INDEX redemption_intent_of_offer;
DROP INDEX redemption_intent_state;
