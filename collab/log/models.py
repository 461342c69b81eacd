"""The log's tables, named for Django. SQL makes them, and the log's own code uses SQL."""

from __future__ import annotations

from django.db import models


class Head(models.Model):
    """The end of one log: the row that is locked for a batch."""

    log = models.UUIDField(primary_key=True)
    kind = models.SmallIntegerField()
    epoch = models.IntegerField()
    seq = models.BigIntegerField()
    chain = models.BinaryField()
    acl_version = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "collab_head"


class Event(models.Model):
    """One event of one log; never changed, never deleted."""

    pk = models.CompositePrimaryKey("log", "seq")
    log = models.UUIDField()
    seq = models.BigIntegerField()
    type = models.TextField()
    actor = models.UUIDField(null=True)
    auth_kind = models.SmallIntegerField()
    auth_id = models.UUIDField(null=True)
    run = models.UUIDField(null=True)
    cause = models.BigIntegerField(null=True)
    time = models.DateTimeField()
    visibility = models.SmallIntegerField()
    passing = models.BooleanField()
    acl_version = models.BigIntegerField()
    command_id = models.UUIDField(null=True)
    command_digest = models.BinaryField(null=True)
    command_events = models.SmallIntegerField(null=True)
    bytes = models.BinaryField()
    salt = models.BinaryField()
    commitment = models.BinaryField()
    digest = models.BinaryField()
    chain = models.BinaryField()

    class Meta:
        managed = False
        db_table = "collab_event"


class Snapshot(models.Model):
    """The state of a log at a seq, kept so that the fold need not start at 1."""

    pk = models.CompositePrimaryKey("log", "seq")
    log = models.UUIDField()
    seq = models.BigIntegerField()
    version = models.IntegerField()
    bytes = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        managed = False
        db_table = "collab_snapshot"


class Claim(models.Model):
    """Which runner serves a session, and until when; the log's claim number fences."""

    log = models.UUIDField(primary_key=True)
    runner = models.TextField()
    claim = models.BigIntegerField()
    until = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "collab_claim"


class AclHistory(models.Model):
    """What changed in the grants that matter to a log; written by triggers alone."""

    id = models.BigAutoField(primary_key=True)
    log = models.UUIDField()
    acl_version = models.BigIntegerField()
    head_seq = models.BigIntegerField()
    source = models.TextField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    person = models.UUIDField(null=True)
    db_role = models.TextField()
    time = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "collab_aclhistory"
