from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("permissions", "0004_roles"),
        ("sessions", "0001_initial"),
    ]
    operations = [run_sql("permissions", "0005_logins")]
