"""The product's settings, with the textbook's app and what a good developer would set for it."""

from workspace.settings import *  # noqa: F403
from workspace.settings import ENVIRONMENT, INSTALLED_APPS, LOG_OWNER_DSN, database

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks.textbook"]
# Connections are kept: opening one for each message would be a poor opponent.
KEPT = database(LOG_OWNER_DSN) | {"CONN_MAX_AGE": None}
DATABASES = {"default": KEPT, "owner": KEPT}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [ENVIRONMENT.redis_url]},
    }
}
