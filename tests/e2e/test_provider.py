"""People sign in through a real provider in a real browser, at a Cohelm without passwords too."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.conftest import MakeCluster
from tests.e2e.looks import Looks
from tests.e2e.person import Person
from tests.house import House, new_house
from tests.oidc import Provider

GROUPS = "ops=Operators; staff=Observers"


# What our own page would send; gives the answer's body.
POST = """async ([path, body]) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
  const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': token };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.json();
}"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def school(provider: Provider) -> Iterator[House]:
    """Run a whole Cohelm in which only the provider signs people in, and nobody is yet."""
    with new_house("--no-demo", "--no-agent", "--workers", "1") as house:
        house.environ |= provider.settings(COHELM_OIDC_GROUPS=GROUPS, COHELM_PASSWORDS="off")
        house.start()
        provider.start(house.url)
        yield house


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(reduced_motion="reduce")
    yield context
    await context.close()


@pytest.fixture(scope="module")
def links() -> list[str]:
    """Hold the invitations that were made."""
    return []


async def at_provider(person: Person, who: str) -> None:
    """Say at the provider who one is."""
    await person.page.get_by_label("Who are you?").fill(who)
    await person.page.get_by_role("button", name="Go on").click()


async def test_the_first_owner_signs_up_through_the_provider(
    school: House, provider: Provider, context: BrowserContext, links: list[str], looks: Looks
) -> None:
    said = school.log.read_text()
    assert "People must sign in through Night School." in said
    assert "Passwords are off." in said
    link = re.search(r"signs up here, once: (\S+)", said)
    assert link
    provider.person("ada", "ops", name="Ada L.")
    owner = await Person.at("ada", school.url, context)
    await owner.page.goto(link[1])
    await owner.see("login-provider").wait_for()
    await expect(owner.page.get_by_role("textbox")).to_have_count(0)
    await looks.at(owner.page, "signup-provider")
    await owner.see("login-provider").click()
    await at_provider(owner, "ada")
    await expect(owner.page.get_by_text("You are signed in as Ada L.")).to_be_visible()
    await looks.at(owner.page, "signup-signed-in")
    await owner.page.get_by_label("Name of the workspace").fill("Night shift")
    await owner.page.get_by_role("button", name="Begin").click()
    await owner.page.get_by_role("heading", name="No session yet").wait_for()
    await looks.at(owner.page, "sessions-none")
    me = await owner.page.evaluate("async () => (await fetch('/api/v1/me')).json()")
    wish = {"workspace_id": me["workspaces"][0]["id"], "role": "operator"}
    made = await owner.page.evaluate(POST, ["/api/v1/invitations", wish])
    links.append(made["link"])
    await owner.page.goto(f"{school.url}/admin/permissions/rolegrant/add/")
    await owner.page.get_by_label("Group:").select_option(label="Observers")
    await owner.page.get_by_label("Workspace:").select_option(label="Night shift")
    await owner.page.get_by_label("Role:").select_option("observer")
    await owner.page.get_by_role("button", name="Save", exact=True).click()
    await expect(owner.page.get_by_text("was added successfully")).to_be_visible()


async def test_an_invitation_is_accepted_by_whoever_the_provider_lets_in(
    school: House, provider: Provider, context: BrowserContext, links: list[str], looks: Looks
) -> None:
    provider.person("guest", "ops", name="Grace")
    guest = await Person.at("guest", school.url, context)
    await guest.page.goto(links[0])
    await guest.see("login-provider").wait_for()
    await expect(guest.page.get_by_role("textbox")).to_have_count(0)
    await looks.at(guest.page, "invitation-provider")
    form = {"username": "x", "name": "X", "password": "correct horse"}
    form["token"] = links[0].partition("#")[2]
    said = await guest.page.evaluate(POST, ["/api/v1/invitations/signup", form])
    assert said["code"] == "passwords_off"
    await guest.see("login-provider").click()
    await at_provider(guest, "guest")
    await guest.see("invitation-accept").click()
    await guest.see("session-new").wait_for()


async def test_roles_come_and_go_with_the_groups_and_the_page_asked_for_is_shown(
    school: House, provider: Provider, context: BrowserContext, looks: Looks
) -> None:
    provider.person("ben", "staff", name="Ben")
    ben = await Person.at("ben", school.url, context)
    await ben.page.goto(f"{school.url}/agents")
    await ben.see("login-provider").wait_for()
    await expect(ben.see("login-password")).to_have_count(0)
    await looks.at(ben.page, "login-only-provider")
    await ben.see("login-provider").click()
    await at_provider(ben, "ben")
    await expect(ben.page).to_have_url(f"{school.url}/agents")
    await expect(ben.page.get_by_text("Ben", exact=True)).to_be_visible()

    provider.person("ben", "another")
    await ben.see("sign-out").click()
    await ben.see("login-provider").click()
    sentence = ben.page.get_by_role("alert").filter(has_text="does not let you in")
    await expect(sentence).to_be_visible()
    await looks.at(ben.page, "login-not-let-in")
    provider.person("cleo", "staff", name="Cleo")
    await ben.see("login-another").click()
    await at_provider(ben, "cleo")
    await expect(ben.page).to_have_url(re.compile(f"^{school.url}/(agents|sessions)?$"))
    await expect(ben.page.get_by_text("Cleo", exact=True)).to_be_visible()


async def test_who_turns_back_or_finds_nobody_there_reads_a_sentence(
    school: House, provider: Provider, context: BrowserContext, looks: Looks
) -> None:
    person = await Person.at("dora", school.url, context)
    await person.page.goto(f"{school.url}/login?next=/agents")
    await person.see("login-provider").click()
    await person.page.get_by_role("button", name="Cancel").click()
    alert = person.page.get_by_role("alert")
    await expect(alert).to_contain_text("You did not finish signing in")
    provider.stop()
    await person.see("login-provider").click()
    await expect(alert.filter(has_text="does not answer")).to_be_visible()
    await looks.at(person.page, "login-provider-away")
    provider.start()
    provider.person("dora", "staff", name="Dora")
    await person.see("login-provider").click()
    await at_provider(person, "dora")
    await expect(person.page).to_have_url(f"{school.url}/agents")


async def test_a_provider_and_passwords_stand_side_by_side(
    make_cluster: MakeCluster, provider: Provider, context: BrowserContext, looks: Looks
) -> None:
    name = "The Night School of the Old Town and its Harbour"
    cohelm = make_cluster(1, **provider.settings(COHELM_OIDC_LET_IN="*", COHELM_OIDC_NAME=name))
    stranger = await Person.at("stranger", cohelm[0].url, context)
    await stranger.page.goto(f"{cohelm[0].url}/login?refused=provider_disagrees")
    await expect(stranger.see("login-provider")).to_contain_text(name)
    await expect(stranger.see("login-password")).to_be_visible()
    await looks.at(stranger.page, "login-both")
