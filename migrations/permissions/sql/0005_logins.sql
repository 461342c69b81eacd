-- A login ends with Django's login session, however that was removed, and with the password that it
-- was made with; so sockets end with what the browser holds.
CREATE FUNCTION permissions_login_session_gone() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- A statement's trigger fires for no rows too, and permissions_login_gone deletes here again.
    IF EXISTS (SELECT FROM old_rows) THEN
        UPDATE permissions_login l SET ended_at = clock_timestamp() FROM old_rows o
        WHERE l.session_key = o.session_key AND l.ended_at IS NULL AND l.until > clock_timestamp();
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER login_ends AFTER DELETE ON django_session REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_login_session_gone();

-- And the other way: a login that is ended, in the admin or by raw SQL, is signed out of the pages too.
CREATE FUNCTION permissions_login_gone() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM django_session d USING old_rows o WHERE d.session_key = o.session_key;
    ELSE
        DELETE FROM django_session d USING new_rows n JOIN old_rows o USING (id)
        WHERE d.session_key = n.session_key AND n.ended_at IS NOT NULL AND o.ended_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER login_gone_update AFTER UPDATE ON permissions_login
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_login_gone();
CREATE TRIGGER login_gone_delete AFTER DELETE ON permissions_login
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_login_gone();

CREATE FUNCTION permissions_password_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE permissions_login l SET ended_at = clock_timestamp()
    FROM old_rows o JOIN new_rows n USING (id)
    WHERE l.user_id = n.id AND o.password <> n.password
      AND l.ended_at IS NULL AND l.until > clock_timestamp();
    RETURN NULL;
END $$;

CREATE TRIGGER login_ends AFTER UPDATE ON permissions_user
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_password_changed();
