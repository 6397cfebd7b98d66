DO $$ DECLARE wall RECORD;
BEGIN
    FOR wall IN
        SELECT policyname, format('%I.%I', schemaname, tablename) AS walled
        FROM pg_policies WHERE schemaname = current_schema()
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', wall.policyname, wall.walled);
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', wall.walled);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', wall.walled);
    END LOOP;
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON SEQUENCES FROM regulars_app, regulars_person, regulars_platform', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON TABLES FROM regulars_app, regulars_person, regulars_platform', current_schema());
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM regulars_app, regulars_person, regulars_platform', current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM regulars_app, regulars_person, regulars_platform', current_schema());
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM regulars_app, regulars_person, regulars_platform', current_schema());
END $$;

DROP FUNCTION count_uses;
DROP FUNCTION is_blocked;
DROP FUNCTION identify;
DROP TRIGGER person_is_seen_by_its_maker ON person;
DROP FUNCTION note_newborn;
DROP FUNCTION show_persons;
DROP FUNCTION wall_off_tenants;
DROP FUNCTION wall_off;
DROP FUNCTION set_policy;
DROP FUNCTION narrow_scope;
-- The roles stay: other databases of the cluster may have them in use.
