-- A role is given as one row of permissions_rolegrant; what it permits is written as guardian's rows
-- with it, by a trigger, so that the two agree whoever wrote the grant.

CREATE TABLE permissions_rolepermission (
    role     text NOT NULL,
    codename text NOT NULL,
    PRIMARY KEY (role, codename)
);
-- The same as permissions/roles.py; a test compares them.
INSERT INTO permissions_rolepermission
SELECT role, unnest(string_to_array(codenames, ' ')) FROM (VALUES
    ('observer',  'view'),
    ('commenter', 'view comment'),
    ('suggester', 'view comment suggest'),
    ('operator',  'view comment suggest drive approve stop'),
    ('moderator', 'view comment suggest drive approve stop moderate'),
    ('auditor',   'view audit'),
    ('owner',     'view comment suggest drive approve stop moderate redact audit manage'),
    ('agent',     'view act')
) AS r (role, codenames);

-- Django makes these after the last migration; the trigger needs them from the first grant on.
INSERT INTO django_content_type (app_label, model)
VALUES ('collab', 'session'), ('collab', 'workspace') ON CONFLICT DO NOTHING;
INSERT INTO auth_permission (content_type_id, codename, name)
SELECT t.id, codename, 'May ' || codename
FROM django_content_type t CROSS JOIN (SELECT DISTINCT codename FROM permissions_rolepermission) c
WHERE t.app_label = 'collab' AND t.model IN ('session', 'workspace')
ON CONFLICT DO NOTHING;


-- Writes guardian's rows anew for every (who, object) that some grants name, in one of its tables.
-- A row that somebody gave by hand (`direct`) is left alone: it says the same, for ever.
CREATE FUNCTION permissions_rewrite(grants jsonb[], target text, who text, object text, model text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Names only: who is user_id or group_id, object is session_id or workspace_id.
    touched text := format(
        'SELECT DISTINCT line ->> %L AS who, line ->> %L AS object FROM unnest($1) line '
        'WHERE line ->> %1$L IS NOT NULL AND line ->> %2$L IS NOT NULL', who, object);
    wanted text := format(
        'SELECT g.%I AS who, g.%I AS object, p.id AS permission, '
        -- The longest of several grants counts, and one without an end is the longest.
        '       CASE WHEN bool_or(g.until IS NULL) THEN NULL ELSE max(g.until) END AS until '
        'FROM touched t '
        'JOIN permissions_rolegrant g ON g.%1$I::text = t.who AND g.%2$I = t.object::uuid '
        'JOIN permissions_rolepermission r ON r.role = g.role '
        'JOIN auth_permission p ON p.codename = r.codename '
        'JOIN django_content_type c ON c.id = p.content_type_id '
        'WHERE c.app_label = ''collab'' AND c.model = %L GROUP BY 1, 2, 3', who, object, model);
BEGIN
    EXECUTE format(
        'WITH touched AS (%s), wanted AS (%s) '
        'DELETE FROM %I row USING touched t '
        'WHERE row.%I::text = t.who AND row.%I = t.object::uuid AND NOT row.direct AND NOT EXISTS '
        '(SELECT FROM wanted w WHERE (w.who, w.object, w.permission) '
        '                          = (row.%4$I, row.%5$I, row.permission_id))',
        touched, wanted, target, who, object) USING grants;
    EXECUTE format(
        'WITH touched AS (%s), wanted AS (%s) '
        'INSERT INTO %I AS row (%I, %I, permission_id, until, direct) '
        'SELECT who, object, permission, until, false FROM wanted '
        'ON CONFLICT (%5$I, %4$I, permission_id) DO UPDATE SET until = excluded.until '
        'WHERE NOT row.direct AND row.until IS DISTINCT FROM excluded.until',
        touched, wanted, target, who, object) USING grants;
END $$;


-- Two transactions that each take one of a user's two roles would each leave what the other's role
-- gave: so the heads are locked first, and the rows are written from what is seen after that.
CREATE FUNCTION permissions_roles_follow() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grants jsonb[] := '{}';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        grants := grants || ARRAY (SELECT to_jsonb(o) FROM old_rows o);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        grants := grants || ARRAY (SELECT to_jsonb(n) FROM new_rows n);
    END IF;
    IF grants = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM permissions_hold_people(
        'grant', ARRAY (SELECT (NULL, line, NULL)::permissions_change FROM unnest(grants) line));
    PERFORM permissions_lock_heads(
        ARRAY (SELECT DISTINCT permissions_roots('grant', line) FROM unnest(grants) line));
    PERFORM permissions_rewrite(
        grants, 'permissions_sessionuserpermission', 'user_id', 'session_id', 'session');
    PERFORM permissions_rewrite(
        grants, 'permissions_sessiongrouppermission', 'group_id', 'session_id', 'session');
    PERFORM permissions_rewrite(
        grants, 'permissions_workspaceuserpermission', 'user_id', 'workspace_id', 'workspace');
    PERFORM permissions_rewrite(
        grants, 'permissions_workspacegrouppermission', 'group_id', 'workspace_id', 'workspace');
    RETURN NULL;
END $$;

CREATE TRIGGER roles_insert AFTER INSERT ON permissions_rolegrant
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_roles_follow();
CREATE TRIGGER roles_update AFTER UPDATE ON permissions_rolegrant
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_roles_follow();
CREATE TRIGGER roles_delete AFTER DELETE ON permissions_rolegrant
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_roles_follow();
CREATE TRIGGER acl_truncate BEFORE TRUNCATE ON permissions_rolegrant
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_no_truncate();
CREATE TRIGGER acl_truncate BEFORE TRUNCATE ON permissions_rolepermission
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_no_truncate();
