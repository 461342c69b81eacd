-- A login ends with Django's login session also where that is not deleted but given an earlier end,
-- or another key, which the browser does not have.
CREATE FUNCTION permissions_login_session_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE permissions_login l SET until = coalesce(n.expire_date, clock_timestamp())
    FROM old_rows o LEFT JOIN new_rows n USING (session_key)
    WHERE l.session_key = o.session_key AND l.ended_at IS NULL
      AND l.until > coalesce(n.expire_date, clock_timestamp());
    RETURN NULL;
END $$;

CREATE TRIGGER login_ends_update AFTER UPDATE ON django_session
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_login_session_changed();

REVOKE EXECUTE ON FUNCTION permissions_login_session_changed() FROM PUBLIC;


-- What a socket was let in by and keeps while it is open: these do not change. A person is never made
-- an agent or the other way, and a token never gets another secret.
CREATE FUNCTION permissions_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'This never changes: % of %. The update was refused.', TG_ARGV[0], TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Make a new row, and end this one.';
END $$;

CREATE TRIGGER kind_stays BEFORE UPDATE ON permissions_user FOR EACH ROW
    WHEN (OLD.kind IS DISTINCT FROM NEW.kind) EXECUTE FUNCTION permissions_stays('kind');
CREATE TRIGGER hash_stays BEFORE UPDATE ON permissions_token FOR EACH ROW
    WHEN (OLD.hash IS DISTINCT FROM NEW.hash) EXECUTE FUNCTION permissions_stays('hash');
CREATE TRIGGER key_stays BEFORE UPDATE ON permissions_login FOR EACH ROW
    WHEN (OLD.session_key IS DISTINCT FROM NEW.session_key)
    EXECUTE FUNCTION permissions_stays('session_key');
-- What a permission means: the masks of everybody are read through these rows.
CREATE TRIGGER codename_stays BEFORE UPDATE ON auth_permission FOR EACH ROW
    WHEN ((OLD.codename, OLD.content_type_id) IS DISTINCT FROM (NEW.codename, NEW.content_type_id))
    EXECUTE FUNCTION permissions_stays('codename');
