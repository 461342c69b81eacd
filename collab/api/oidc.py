"""The OpenID Connect protocol, by allauth: discovery, code with PKCE, tokens. Signs nobody in."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

from collab.api import id_tokens
from collab.api.refusals import NotFollowed, Wrong
from permissions import provider
from permissions.provider import ProviderSettings

CALLBACK = "/login/callback"
"""Where the provider sends people back to."""


def the_provider() -> ProviderSettings:
    """Give the settings of the provider; raises NotFollowed where there is none."""
    if settings.PROVIDER is None:
        raise NotFollowed(Wrong.NO_PROVIDER)
    return settings.PROVIDER


class Client(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Talks with the provider of the settings, and believes signed id tokens only."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, the_provider().issuer)

    def get_provider(self) -> Provider:
        """Give the one provider there is."""
        return Provider(self.request)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Give the address that the provider must have been told."""
        if settings.PUBLIC_URL:
            return f"{settings.PUBLIC_URL}{CALLBACK}"
        return request.build_absolute_uri(CALLBACK)

    @property
    def openid_config(self) -> Any:
        """Give what the provider says of itself; raises OAuth2Error where it is another one."""
        found = super().openid_config
        if str(found["issuer"]).rstrip("/") != the_provider().issuer.rstrip("/"):
            raise OAuth2Error(f"The provider calls itself {found['issuer']}.")
        return found

    def complete_login(
        self, request: HttpRequest, app: Any, token: SocialToken, **found: Any
    ) -> SocialLogin:
        """Give who has signed in at the provider; raises OAuth2Error, NotBelieved."""
        claims = self._claims(found["response"].get("id_token"), token.token)
        return self.get_provider().sociallogin_from_response(request, claims)

    def _claims(self, id_token: Any, access_token: str) -> dict[str, Any]:
        config = self.openid_config
        with get_adapter().get_requests_session() as http:
            answer = http.get(config["jwks_uri"])
        answer.raise_for_status()
        claims = id_tokens.believed(
            id_token, answer.json(), config["issuer"], the_provider().client_id
        )
        if provider.says_enough(claims, the_provider().rules):
            return claims
        more = self._fetch_user_info(access_token) if "userinfo_endpoint" in config else {}
        if more and more.get("sub") != claims["sub"]:
            raise OAuth2Error("The provider spoke of two people.")
        return {**more, **claims}


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of the settings. What it says is used at the login and not kept."""

    oauth2_adapter_class = Client

    def __init__(self, request: HttpRequest, app: Any = None) -> None:
        set_up = the_provider()
        app = SocialApp(
            provider=self.id,
            provider_id=set_up.issuer,
            name=set_up.name,
            client_id=set_up.client_id,
            secret=set_up.secret,
            settings={
                "server_url": set_up.issuer.rstrip("/"),
                "scope": set_up.scopes,
                "oauth_pkce_enabled": True,
            },
        )
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> Client:
        """Give who talks with it."""
        return Client(request)

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        """Give a login that carries the claims, which no table keeps."""
        login = super().sociallogin_from_response(request, response)
        login.claims = response
        return login

    def extract_uid(self, data: Any) -> str:
        """Give what never changes of a person."""
        return str(data["sub"])

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Keep nothing."""
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        """Fill in nothing: the person is made elsewhere."""
        return {}

    def extract_email_addresses(self, data: Any) -> list[Any]:
        """Give none: nobody is found by an address."""
        return []
