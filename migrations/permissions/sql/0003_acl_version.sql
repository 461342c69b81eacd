-- Every change of who may do what moves the acl_version of every log that it matters to, in the
-- transaction that makes the change, whatever makes it: a command, the admin, a bulk call, raw SQL.
--
-- The order of locks is the same everywhere: people, then groups, then heads, each by id.
--
-- Why people and groups are locked at all. A change looks for the logs that it reaches, and a second
-- change that is not committed yet may be adding one: somebody is disabled here while there a
-- session is shared with them. Neither would see the other, and the new session would keep them.
-- So changes that can pair like this meet on a row:
--
--     change                      user row        group row       head of a workspace
--     grant to a user             SHARE
--     grant to a group                            NO KEY UPDATE
--     grant on a workspace                                        NO KEY UPDATE
--     user joins or leaves group  SHARE           SHARE
--     user or credential ends     NO KEY UPDATE   SHARE
--     session begins or moves                                     SHARE
--
-- Each function reads again after its locks are held: in READ COMMITTED a later statement sees what
-- was committed meanwhile. (In a stricter isolation the bump itself fails with 40001, which is safe.)


-- A row before and after, and the session or workspace (their ids are their logs') that it reaches.
CREATE TYPE permissions_change AS (root uuid, old jsonb, new jsonb);


-- What the record keeps of a row: the columns that matter, so never a password or a token's hash;
-- a permission by its name, because its number differs from one installation to the next.
CREATE FUNCTION permissions_pick(line jsonb, columns text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(key, value) - 'permission_id'
        || CASE WHEN line ? 'permission_id' THEN jsonb_build_object('permission',
               (SELECT codename FROM auth_permission WHERE id = (line ->> 'permission_id')::int))
           ELSE '{}' END
    FROM jsonb_each(line) WHERE key = ANY (columns)
$$;


-- Locks the users and groups that some changes are about, as the table above says.
CREATE FUNCTION permissions_hold_people(kind text, changes permissions_change[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    column_of_user text := CASE kind WHEN 'person' THEN 'id' ELSE 'user_id' END;
    users uuid[] := ARRAY (
        SELECT (line ->> column_of_user)::uuid
        FROM unnest(changes) c CROSS JOIN LATERAL (VALUES (c.old), (c.new)) AS v (line));
    groups integer[] := ARRAY (
        SELECT (line ->> 'group_id')::integer
        FROM unnest(changes) c CROSS JOIN LATERAL (VALUES (c.old), (c.new)) AS v (line));
BEGIN
    IF kind IN ('person', 'credential') THEN
        PERFORM FROM permissions_user WHERE id = ANY (users) ORDER BY id FOR NO KEY UPDATE;
        groups := ARRAY (SELECT group_id FROM permissions_user_groups WHERE user_id = ANY (users));
    ELSE
        PERFORM FROM permissions_user WHERE id = ANY (users) ORDER BY id FOR SHARE;
    END IF;
    IF kind = 'grant' THEN
        PERFORM FROM auth_group WHERE id = ANY (groups) ORDER BY id FOR NO KEY UPDATE;
    ELSE
        PERFORM FROM auth_group WHERE id = ANY (groups) ORDER BY id FOR SHARE;
    END IF;
END $$;


-- The sessions and workspaces on which a group holds something.
CREATE FUNCTION permissions_roots_of_group(of_group integer) RETURNS SETOF uuid LANGUAGE sql AS $$
    SELECT session_id FROM permissions_sessiongrouppermission WHERE group_id = of_group
    UNION SELECT workspace_id FROM permissions_workspacegrouppermission WHERE group_id = of_group
$$;

-- The sessions and workspaces on which a user holds something, alone or through a group.
CREATE FUNCTION permissions_roots_of_user(of_user uuid) RETURNS SETOF uuid LANGUAGE sql AS $$
    SELECT session_id FROM permissions_sessionuserpermission WHERE user_id = of_user
    UNION SELECT workspace_id FROM permissions_workspaceuserpermission WHERE user_id = of_user
    UNION SELECT permissions_roots_of_group(group_id)
          FROM permissions_user_groups WHERE user_id = of_user
$$;

-- The sessions and workspaces that a changed row is about.
CREATE FUNCTION permissions_roots(kind text, line jsonb) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
    IF line IS NULL THEN
        RETURN;
    ELSIF kind = 'grant' THEN
        RETURN NEXT coalesce(line ->> 'session_id', line ->> 'workspace_id')::uuid;
    ELSIF kind = 'membership' THEN
        RETURN QUERY SELECT permissions_roots_of_group((line ->> 'group_id')::integer);
    ELSIF kind = 'person' THEN
        RETURN QUERY SELECT permissions_roots_of_user((line ->> 'id')::uuid);
    ELSE
        RETURN QUERY SELECT permissions_roots_of_user((line ->> 'user_id')::uuid);
    END IF;
END $$;


-- Locks the heads of some logs, and of every session in those that are workspaces, in log order.
-- Once a workspace's head is held, no session of it begins (permissions_session_placed waits for us);
-- one that began while we waited is seen by the statements that come after this.
CREATE FUNCTION permissions_lock_heads(roots uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM collab_head
    WHERE log IN (SELECT unnest(roots)
                  UNION SELECT id FROM collab_session WHERE workspace_id = ANY (roots))
    ORDER BY log FOR NO KEY UPDATE;
END $$;


-- Moves the acl_version of every log that some changes reach, once, and keeps what changed.
CREATE FUNCTION permissions_bump(source text, changes permissions_change[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM permissions_lock_heads(ARRAY (SELECT DISTINCT root FROM unnest(changes)));
    WITH change AS MATERIALIZED (
        SELECT root, old, new FROM unnest(changes)
    ), reached AS (
        SELECT DISTINCT root, root AS log FROM change
        UNION
        SELECT workspace_id, id FROM collab_session WHERE workspace_id IN (SELECT root FROM change)
    ), said AS (
        SELECT log, jsonb_agg(old) FILTER (WHERE old IS NOT NULL) AS old,
                    jsonb_agg(new) FILTER (WHERE new IS NOT NULL) AS new
        FROM reached JOIN change USING (root) GROUP BY log
    ), moved AS (
        UPDATE collab_head h SET acl_version = h.acl_version + 1
        FROM said WHERE h.log = said.log
        RETURNING h.log, h.acl_version, h.seq, said.old, said.new
    )
    INSERT INTO collab_aclhistory
        (log, acl_version, head_seq, source, old, new, person, db_role, time)
    SELECT log, acl_version, seq, source, old, new,
           nullif(current_setting('cohelm.person', true), '')::uuid, session_user, clock_timestamp()
    FROM moved;
END $$;


-- Finds what really changed, and bumps for it: a login's last_login moves nothing.
CREATE FUNCTION permissions_acl_moved(
    kind text, source text, columns text[], gone jsonb[], come jsonb[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changes permissions_change[];
BEGIN
    SELECT array_agg((NULL, old, new)::permissions_change) INTO changes
    FROM (SELECT permissions_pick(o, columns) AS old, permissions_pick(n, columns) AS new
          FROM unnest(gone) o FULL JOIN unnest(come) n ON o ->> 'id' = n ->> 'id') pair
    WHERE old IS DISTINCT FROM new;
    IF changes IS NULL THEN
        RETURN;
    END IF;

    PERFORM permissions_hold_people(kind, changes);

    SELECT array_agg((r.root, c.old, c.new)::permissions_change) INTO changes
    FROM unnest(changes) c CROSS JOIN LATERAL (
        SELECT permissions_roots(kind, c.old) UNION SELECT permissions_roots(kind, c.new)) r (root);
    IF changes IS NOT NULL THEN
        PERFORM permissions_bump(source, changes);
    END IF;
END $$;


-- The trigger of every table that says who may do what. Arguments: the kind of row, and its columns
-- that matter. A statement's rows come at once; transition tables allow no column list and one
-- operation each, hence a trigger for each operation and the comparing above.
-- As definer: the app's role writes no history and moves no acl_version but through here.
CREATE FUNCTION permissions_acl_moves() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone jsonb[];
    come jsonb[];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT array_agg(to_jsonb(o)) INTO gone FROM old_rows o;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT array_agg(to_jsonb(n)) INTO come FROM new_rows n;
    END IF;
    PERFORM permissions_acl_moved(
        TG_ARGV[0], TG_TABLE_NAME, string_to_array(TG_ARGV[1], ' '), gone, come);
    RETURN NULL;
END $$;

CREATE FUNCTION permissions_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE on % was refused: nobody would be told who lost access.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Use DELETE.';
END $$;

DO $$
DECLARE
    watched record;
BEGIN
    FOR watched IN
        SELECT * FROM (VALUES
            ('permissions_sessionuserpermission',    'insert update delete', 'grant',
             'user_id session_id permission_id until'),
            ('permissions_sessiongrouppermission',   'insert update delete', 'grant',
             'group_id session_id permission_id until'),
            ('permissions_workspaceuserpermission',  'insert update delete', 'grant',
             'user_id workspace_id permission_id until'),
            ('permissions_workspacegrouppermission', 'insert update delete', 'grant',
             'group_id workspace_id permission_id until'),
            ('permissions_user_groups',              'insert update delete', 'membership',
             'user_id group_id'),
            -- Who begins holds nothing, and what ends has lost its rows in the tables above.
            ('permissions_user',                     'update',               'person',
             'id is_active is_superuser'),
            -- A new credential takes nothing from anyone, and no mask of it can be in a cache.
            ('permissions_token',                    'update delete',        'credential',
             'id user_id until revoked_at'),
            ('permissions_login',                    'update delete',        'credential',
             'id user_id until ended_at')
        ) AS t (name, operations, kind, columns)
    LOOP
        IF watched.operations LIKE '%insert%' THEN
            EXECUTE format(
                'CREATE TRIGGER acl_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows '
                'FOR EACH STATEMENT EXECUTE FUNCTION permissions_acl_moves(%L, %L)',
                watched.name, watched.kind, watched.columns);
        END IF;
        IF watched.operations LIKE '%update%' THEN
            EXECUTE format(
                'CREATE TRIGGER acl_update AFTER UPDATE ON %I '
                'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                'FOR EACH STATEMENT EXECUTE FUNCTION permissions_acl_moves(%L, %L)',
                watched.name, watched.kind, watched.columns);
        END IF;
        IF watched.operations LIKE '%delete%' THEN
            EXECUTE format(
                'CREATE TRIGGER acl_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows '
                'FOR EACH STATEMENT EXECUTE FUNCTION permissions_acl_moves(%L, %L)',
                watched.name, watched.kind, watched.columns);
        END IF;
        EXECUTE format(
            'CREATE TRIGGER acl_truncate BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION permissions_no_truncate()', watched.name);
    END LOOP;
END $$;


-- A session that begins, or moves to another workspace, meets the grants on that workspace on the
-- workspace's head, so that none of them misses it.
CREATE FUNCTION permissions_session_placed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moves permissions_change[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM collab_head WHERE log IN (SELECT workspace_id FROM new_rows)
        ORDER BY log FOR SHARE;
        RETURN NULL;
    END IF;
    SELECT array_agg((n.id, jsonb_build_object('workspace_id', o.workspace_id),
                            jsonb_build_object('workspace_id', n.workspace_id))::permissions_change)
    INTO moves
    FROM old_rows o JOIN new_rows n USING (id) WHERE o.workspace_id <> n.workspace_id;
    IF moves IS NOT NULL THEN
        PERFORM FROM collab_head
        WHERE log IN (SELECT (line ->> 'workspace_id')::uuid
                      FROM unnest(moves) m CROSS JOIN LATERAL (VALUES (m.old), (m.new)) v (line))
        ORDER BY log FOR SHARE;
        PERFORM permissions_bump(TG_TABLE_NAME, moves);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER acl_insert AFTER INSERT ON collab_session REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_session_placed();
CREATE TRIGGER acl_update AFTER UPDATE ON collab_session
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_session_placed();
