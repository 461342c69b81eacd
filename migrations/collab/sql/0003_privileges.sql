-- Two roles of the database: whoever migrates owns the tables, and `cohelm_app`, used at runtime,
-- may add and read events and never change or remove them. A login role of another name is made a
-- member of cohelm_app. Where roles may not be made, one role does everything and the triggers guard
-- alone; a system check says so at start.

DO $$
DECLARE
    name text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cohelm_app') THEN
        BEGIN
            CREATE ROLE cohelm_app NOLOGIN;
        EXCEPTION WHEN insufficient_privilege OR duplicate_object THEN NULL;
        END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cohelm_app') THEN
        RAISE NOTICE 'There is no role cohelm_app and it may not be made: triggers guard alone.';
        RETURN;
    END IF;

    -- What later migrations make.
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cohelm_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO cohelm_app;
    -- What is there, and is ours: the database may be shared with other programs.
    GRANT USAGE ON SCHEMA public TO cohelm_app;
    FOR name IN
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole
          AND relkind IN ('r', 'p')
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO cohelm_app', name);
    END LOOP;
    FOR name IN
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole
          AND relkind = 'S'
    LOOP
        EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO cohelm_app', name);
    END LOOP;

    -- Less than that: the record, and what permissions mean.
    REVOKE ALL ON collab_event, collab_head, collab_aclhistory, permissions_rolepermission,
        auth_permission, django_content_type, django_migrations FROM cohelm_app;
    GRANT SELECT, INSERT ON collab_event TO cohelm_app;
    -- The epoch is raised by a restore and acl_version by triggers, never by the app.
    GRANT SELECT, UPDATE (seq, chain) ON collab_head TO cohelm_app;
    GRANT SELECT ON collab_aclhistory, permissions_rolepermission,
        auth_permission, django_content_type, django_migrations TO cohelm_app;
END $$;

-- These run as the owner. A trigger that fires needs no privilege on its function; whoever could hang
-- one on a table of their own could write the history with it.
REVOKE EXECUTE ON FUNCTION
    collab_begin_log(), permissions_acl_moves(), permissions_roles_follow(),
    permissions_session_placed(), permissions_login_session_gone(), permissions_login_gone(),
    permissions_password_changed()
FROM PUBLIC;
