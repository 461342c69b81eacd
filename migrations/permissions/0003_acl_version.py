from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [("permissions", "0002_grants")]
    operations = [run_sql("permissions", "0003_acl_version")]
