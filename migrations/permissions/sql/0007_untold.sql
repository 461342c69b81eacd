-- What a workspace's log has yet to tell of: a row for each change of grants and each workspace that it
-- reaches, written in the transaction of the change. The server submits an event for each and then
-- deletes it; the row's id is the event's command id, so that trying again makes no second event.

CREATE TABLE permissions_untold (
    id        uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace uuid        NOT NULL,
    source    text        NOT NULL,
    old       jsonb       NOT NULL,
    new       jsonb       NOT NULL,
    person    uuid,
    log       uuid,                       -- a command's: where its own event stands
    db_role   text        NOT NULL,
    time      timestamptz NOT NULL
);

-- Only triggers write it; the server reads and deletes.
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cohelm_app') THEN
        REVOKE ALL ON permissions_untold FROM cohelm_app;
        GRANT SELECT, DELETE ON permissions_untold TO cohelm_app;
    END IF;
END $$;


-- The workspaces in which a change is to be told. A session that moves is told of in both.
CREATE FUNCTION permissions_told_in(change permissions_change) RETURNS SETOF uuid LANGUAGE sql AS $$
    SELECT workspace_id FROM collab_session WHERE id = change.root
    UNION SELECT id FROM collab_workspace
          WHERE id IN (change.root, (change.old ->> 'workspace_id')::uuid,
                       (change.new ->> 'workspace_id')::uuid)
$$;

-- Keeps what is to be told; at most 200 rows in a piece, so that no event is too large to be sent.
CREATE FUNCTION permissions_keep_untold(source text, changes permissions_change[]) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO permissions_untold (workspace, source, old, new, person, log, db_role, time)
    SELECT workspace, source,
           coalesce(jsonb_agg(old) FILTER (WHERE old IS NOT NULL), '[]'),
           coalesce(jsonb_agg(new) FILTER (WHERE new IS NOT NULL), '[]'),
           nullif(current_setting('cohelm.person', true), '')::uuid,
           nullif(current_setting('cohelm.log', true), '')::uuid,
           session_user, clock_timestamp()
    FROM (SELECT workspace, old, new,
                 (row_number() OVER (PARTITION BY workspace ORDER BY old, new) - 1) / 200 AS piece
          FROM (SELECT DISTINCT told.workspace, c.old, c.new
                FROM unnest(changes) c
                CROSS JOIN LATERAL permissions_told_in(c) told (workspace)) line) pieces
    -- A command to the workspace itself has its own event there.
    WHERE workspace IS DISTINCT FROM nullif(current_setting('cohelm.log', true), '')::uuid
    GROUP BY workspace, piece
$$;


-- As before, and what was moved is kept to be told.
CREATE OR REPLACE FUNCTION permissions_bump(source text, changes permissions_change[]) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM permissions_lock_heads(ARRAY (SELECT DISTINCT root FROM unnest(changes)));
    PERFORM permissions_keep_untold(source, changes);
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


-- As before, and the record names the session that moved.
CREATE OR REPLACE FUNCTION permissions_session_placed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moves permissions_change[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM collab_head WHERE log IN (SELECT workspace_id FROM new_rows)
        ORDER BY log FOR SHARE;
        RETURN NULL;
    END IF;
    SELECT array_agg((n.id,
                      jsonb_build_object('session_id', n.id, 'workspace_id', o.workspace_id),
                      jsonb_build_object('session_id', n.id, 'workspace_id', n.workspace_id)
                     )::permissions_change)
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
