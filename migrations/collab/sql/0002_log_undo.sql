DROP TRIGGER collab_session_begin_log ON collab_session;
DROP TRIGGER collab_workspace_begin_log ON collab_workspace;
DROP FUNCTION collab_begin_log();
DROP TABLE collab_aclhistory, collab_claim, collab_snapshot, collab_event, collab_head;
DROP FUNCTION collab_event_stays();
