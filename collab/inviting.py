"""Invites people by a link, lets them in, and takes the link back. The log decides each.

As with agents, a row is made first and the command that makes it count follows: the hash of the
secret is in the row and never in the log.
"""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid5

from collab import hubs, opening, submit
from collab.core.codes import Refused
from collab.core.commands import InvitationMake, InvitationTake, InvitationWithdraw
from collab.log import pool
from collab.submit import Committed, Outcome, Sender
from permissions import invitations
from permissions.invitations import Invitation, Wanted

PAGE = "/invitation"
"""Where the link leads. The secret follows after a #, which no browser sends to a server."""


def link(base_url: str, text: str) -> str:
    """Give the link that is sent to somebody."""
    return f"{base_url.rstrip('/')}{PAGE}#{text}"


async def invite(by: Sender, wanted: Wanted) -> str | Refused:
    """Make an invitation and give its link's text, for the only time; a refusal leaves none."""
    async with (await pool.shared()).connection() as conn:
        text = await invitations.keep(conn, wanted)
    until = int(wanted.until.timestamp() * 1e6)
    command = InvitationMake(wanted.id, wanted.role, until, wanted.name)
    command_id = uuid5(wanted.id, "invitation.make")
    outcome = await submit.submit(wanted.log, by, command_id, command)
    if isinstance(outcome, Committed):
        return text
    if outcome.refusal not in opening.NOT_KNOWN:
        async with (await pool.shared()).connection() as conn:
            await invitations.forget(conn, wanted.id)
    return outcome


async def accept(invitation: Invitation, user: UUID) -> Outcome:
    """Let somebody in who has shown the secret: the server's own act, they may see nothing yet."""
    command_id = uuid5(invitation.id, f"invitation.take {user}")
    command = InvitationTake(invitation.id, user)
    return await submit.submit(invitation.log, submit.SYSTEM, command_id, command)


async def withdraw(by: Sender, invitation: Invitation) -> Outcome:
    """Make a link useless."""
    command_id = uuid5(invitation.id, "invitation.withdraw")
    return await submit.submit(invitation.log, by, command_id, InvitationWithdraw(invitation.id))


def invite_alone(wanted: Wanted) -> str | Refused:
    """Invite from a program that has no loop, in the server's name."""

    async def once() -> str | Refused:
        try:
            return await invite(submit.SYSTEM, wanted)
        finally:
            await submit.close()
            await hubs.shutdown()

    return asyncio.run(once())
