from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [("permissions", "0009_tokens")]
    operations = [run_sql("permissions", "0010_token_scope")]
