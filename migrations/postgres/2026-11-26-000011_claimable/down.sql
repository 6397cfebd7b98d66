DROP INDEX membership_claimable;
