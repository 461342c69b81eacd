-- A token's scope and place say what it lets through: whoever changes them changes who may do what.

DROP TRIGGER acl_update ON permissions_token;
DROP TRIGGER acl_delete ON permissions_token;

CREATE TRIGGER acl_update AFTER UPDATE ON permissions_token
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_acl_moves(
        'credential', 'id user_id until revoked_at scope session_id workspace_id');
CREATE TRIGGER acl_delete AFTER DELETE ON permissions_token REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION permissions_acl_moves(
        'credential', 'id user_id until revoked_at scope session_id workspace_id');
