from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [("permissions", "0006_ends")]
    operations = [run_sql("permissions", "0007_untold")]
