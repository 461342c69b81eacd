"""Django's settings, made from the environment. What each variable means: environment.py."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from workspace import environment, signing_in, telemetry
from workspace.kept import kept_address
from workspace.places import PROJECT

ENVIRONMENT = environment.read(os.environ)

DEBUG = False
SECRET_KEY = ENVIRONMENT.key("django")
# Seals what must be read again, such as an agent's secret headers (a Fernet key).
SEALING_KEY = ENVIRONMENT.key("sealing")
# What the demo agent demands of whoever calls it.
DEMO_AGENT_HEADERS = {"X-Cohelm-Key": ENVIRONMENT.key("demo agent")}
DATA_FOLDER = ENVIRONMENT.places.data
PUBLIC_URL = ENVIRONMENT.public_url
# For links that commands make: they are told of no request and of no option that `up` was given.
ADDRESS = PUBLIC_URL or kept_address(ENVIRONMENT.places) or "http://127.0.0.1:8000"
# Who may say in X-Forwarded-* for whom they ask; asgi.py believes nobody else.
TRUSTED_PROXIES = list(ENVIRONMENT.proxies)
# What one person and one address may ask of one worker (collab/limits.py); 0 is no limit.
CONNECTIONS_PER_PERSON = ENVIRONMENT.connections_per_person
CONNECTIONS_PER_ADDRESS = ENVIRONMENT.connections_per_address
COMMANDS_A_SECOND = ENVIRONMENT.commands_a_second
SESSIONS_AN_HOUR = ENVIRONMENT.sessions_an_hour
DEMO = ENVIRONMENT.demo
FAILPOINT = ENVIRONMENT.failpoint
# Where the runner keeps what agents are sent and what they answer.
RECORD_FOLDER = ENVIRONMENT.record
SIGNING_IN = signing_in.read(os.environ)
PASSWORDS, PROVIDER = SIGNING_IN.passwords, SIGNING_IN.provider

ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CSRF_FAILURE_VIEW = "collab.api.refusals.csrf_failed"

INSTALLED_APPS = [
    # Only the tables and the protocol of the provider through which people sign in: no pages.
    "allauth.account",
    "allauth.socialaccount",
    "workspace",
    "permissions",
    "collab",
    "guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "workspace.pages.browser_rules",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "workspace.urls"
ASGI_APPLICATION = "workspace.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The log's own connections (psycopg): the role that may insert and read, and the one that migrates.
LOG_DSN = ENVIRONMENT.app_dsn
LOG_OWNER_DSN = ENVIRONMENT.owner_dsn


def database(dsn: str, **options: Any) -> dict[str, Any]:
    """Say a connection string in Django's way."""
    said: dict[str, Any] = conninfo_to_dict(dsn)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said.pop("dbname", ""),
        "USER": said.pop("user", ""),
        "PASSWORD": said.pop("password", ""),
        "HOST": said.pop("host", ""),
        "PORT": said.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": said | options,
    }


# Only a worker (asgi.py says so) keeps a pool: a command's single thread has no use for one.
POOL = {"min_size": 1, "max_size": 8, "timeout": 10} if os.environ.get("COHELM_WORKER") else None
DATABASES = {
    "default": database(LOG_DSN, **({"pool": POOL} if POOL else {})),
    "owner": database(LOG_OWNER_DSN),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES = {"permissions": "migrations.permissions", "collab": "migrations.collab"}

AUTH_USER_MODEL = "permissions.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend"
    if PASSWORDS
    else "permissions.backends.WithoutPasswords",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
if not PASSWORDS:
    AUTH_PASSWORD_VALIDATORS = [{"NAME": "permissions.backends.NoPassword"}]
# No user stands for "anybody": whoever has no login has no permission.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "/login"
SOCIALACCOUNT_ADAPTER = "collab.api.provider.Hooks"

LAYER_KEYS = [ENVIRONMENT.key("layer")]
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": ENVIRONMENT.redis_url,
                    # Waiting for Redis is limited here and never by cancelling a call.
                    "socket_timeout": 5,
                    "socket_connect_timeout": 2,
                }
            ],
            "symmetric_encryption_keys": LAYER_KEYS,
        },
    }
    if ENVIRONMENT.redis_url
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

STATIC_URL = "/static/"
FRONTEND_DIST = PROJECT / "frontend" / "dist"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

SESSION_COOKIE_NAME = "cohelm_login"
SESSION_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
SECURE_REFERRER_POLICY = "same-origin"
# On plain HTTP from elsewhere browsers ignore it, and write an error down for each page.
_TRUSTED = ENVIRONMENT.https or ENVIRONMENT.is_local
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if _TRUSTED else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

SILENCED_SYSTEM_CHECKS = [
    # Whether other names below this host exist, and what they serve, is its owner's affair.
    "security.W005",
    "security.W021",
    # The proxy in front leads http to https; on this machine alone there is none.
    "security.W008",
    # The key is shorter than asked for and has 256 random bits.
    "security.W009",
]

LOGGING = telemetry.logging_settings(os.environ.get("COHELM_LOG_LEVEL", "INFO"))
