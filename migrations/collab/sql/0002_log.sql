-- The log: one narrow head row per log, its events, and what hangs on them.
-- A log's id is the id of its session or of its workspace. No table here has a foreign key:
-- a log outlives what it is about, and a key from events would cost 40 % of every batch.

CREATE TABLE collab_head (
    log         uuid     PRIMARY KEY,
    kind        smallint NOT NULL CHECK (kind IN (1, 2)),            -- 1 session, 2 workspace
    epoch       integer  NOT NULL DEFAULT 1,
    seq         bigint   NOT NULL DEFAULT 0,
    chain       bytea    NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(chain) = 32),
    acl_version bigint   NOT NULL DEFAULT 1
) WITH (fillfactor = 50);  -- room for the row's next version on its own page; hence no other index

CREATE TABLE collab_event (
    log            uuid        NOT NULL,
    seq            bigint      NOT NULL CHECK (seq > 0),
    type           text        NOT NULL,
    actor          uuid,                                             -- null: the system
    auth_kind      smallint    NOT NULL CHECK (auth_kind IN (0, 1, 2)),   -- system, login, token
    auth_id        uuid,
    run            uuid,
    cause          bigint,
    time           timestamptz NOT NULL,
    visibility     smallint    NOT NULL CHECK (visibility IN (0, 1, 2)),  -- everyone, operators, auditors
    passing        boolean     NOT NULL,                             -- left out of compact reads
    acl_version    bigint      NOT NULL,
    command_id     uuid,                                             -- on a command's first event only
    command_digest bytea,
    command_events smallint,
    bytes          bytea       NOT NULL,                             -- the event as it goes out
    salt           bytea       NOT NULL,
    commitment     bytea       NOT NULL,
    digest         bytea       NOT NULL,
    chain          bytea       NOT NULL,
    PRIMARY KEY (log, seq),
    CHECK ((command_id IS NULL) = (command_digest IS NULL)),
    CHECK ((command_id IS NULL) = (command_events IS NULL))
);

-- Ids are the sender's, so they are unique for each sender of each log. The system's are unique too.
CREATE UNIQUE INDEX collab_event_command ON collab_event (log, actor, command_id)
    NULLS NOT DISTINCT WHERE command_id IS NOT NULL;

-- Late joiners read the compact log; deltas must not make them walk over what they will not get.
CREATE INDEX collab_event_compact ON collab_event (log, seq) WHERE NOT passing;

CREATE TABLE collab_snapshot (
    log     uuid    NOT NULL,
    seq     bigint  NOT NULL,
    version integer NOT NULL,
    bytes   bytea   NOT NULL,
    digest  bytea   NOT NULL,
    PRIMARY KEY (log, seq)
);

CREATE TABLE collab_claim (
    log    uuid        PRIMARY KEY,
    runner text        NOT NULL,
    claim  bigint      NOT NULL,
    until  timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE collab_aclhistory (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    log         uuid        NOT NULL,
    acl_version bigint      NOT NULL,
    head_seq    bigint      NOT NULL,
    source      text        NOT NULL,
    old         jsonb,
    new         jsonb,
    person      uuid,
    db_role     text        NOT NULL,
    time        timestamptz NOT NULL,
    UNIQUE (log, acl_version)
);


-- Events are only ever added. Privileges say so to the app's role; these triggers say so to every
-- role, the owner's too, and ALWAYS: a replica's session setting does not switch them off.

CREATE FUNCTION collab_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Events are never changed or removed: % on % was refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Append a new event that says what is true now.';
END $$;

CREATE TRIGGER collab_event_no_update BEFORE UPDATE ON collab_event
    FOR EACH STATEMENT EXECUTE FUNCTION collab_event_stays();
CREATE TRIGGER collab_event_no_delete BEFORE DELETE ON collab_event
    FOR EACH STATEMENT EXECUTE FUNCTION collab_event_stays();
CREATE TRIGGER collab_event_no_truncate BEFORE TRUNCATE ON collab_event
    FOR EACH STATEMENT EXECUTE FUNCTION collab_event_stays();
ALTER TABLE collab_event ENABLE ALWAYS TRIGGER collab_event_no_update;
ALTER TABLE collab_event ENABLE ALWAYS TRIGGER collab_event_no_delete;
ALTER TABLE collab_event ENABLE ALWAYS TRIGGER collab_event_no_truncate;


-- Every session and workspace has a log from its first moment, whoever made it.
-- As definer: the app's role adds sessions, and only this adds their heads.

CREATE FUNCTION collab_begin_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO collab_head (log, kind) SELECT id, TG_ARGV[0]::smallint FROM new_rows;
    RETURN NULL;
END $$;

CREATE TRIGGER collab_session_begin_log AFTER INSERT ON collab_session
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION collab_begin_log(1);
CREATE TRIGGER collab_workspace_begin_log AFTER INSERT ON collab_workspace
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION collab_begin_log(2);
