DROP INDEX visit_person_page;
DROP INDEX visit_store_page;
