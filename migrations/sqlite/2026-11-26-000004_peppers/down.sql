DROP INDEX person_pepper;
