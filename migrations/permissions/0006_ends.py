from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [("permissions", "0005_logins")]
    operations = [run_sql("permissions", "0006_ends")]
