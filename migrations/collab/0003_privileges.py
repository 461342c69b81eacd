from django.db import migrations

from migrations.sql import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("collab", "0002_log"),
        ("permissions", "0005_logins"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        (
            "guardian",
            "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more",
        ),
    ]
    operations = [run_sql("collab", "0003_privileges")]
